import Testing

@testable import StewardTraining

@Suite struct SafetensorsTests {
    static let bytes = Safetensors.encode(
        [("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b\"\\\n", [], [7])], metadata: ["note": "Tür \u{1}"])

    /// A file with this header and so many bytes of data.
    static func file(_ header: String, data: Int) -> [UInt8] {
        let text = Array(header.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
            + [UInt8](repeating: 0, count: data)
    }

    static func message(_ bytes: [UInt8]) -> String {
        do throws(TrainingError) {
            _ = try Safetensors(bytes, file: "x.safetensors")
            return "accepted"
        } catch {
            return error.message
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        let file = try Safetensors(Self.bytes, file: "x")
        #expect(file.metadata == ["note": "Tür \u{1}"])
        #expect(try file.floats("a", [2, 3]) == [1, 2, 3, 4, 5, 6])
        #expect(try file.floats("b\"\\\n", []) == [7])
        #expect(Self.bytes.count % 4 == 0)
    }

    @Test func aTensorOfAnotherShapeIsNamedWithBothShapes() throws {
        let file = try Safetensors(Self.bytes, file: "x.safetensors")
        for (name, shape, words) in [
            ("a", Shape([3, 2]), ["x.safetensors", "tensor a", "[3, 2]", "[2, 3]"]),
            ("c", [1], ["tensor c", "missing"]),
        ] {
            let error = try #require(throws: TrainingError.self) { try file.floats(name, shape) }
            #expect(error.code == .checkpoint)
            for word in words { #expect(error.message.contains(word)) }
        }
        let extra = try #require(throws: TrainingError.self) { try file.requireOnly(["a"]) }
        #expect(extra.message.contains("tensor b"))
    }

    @Test func everyCutIsRefused() {
        for length in 0..<Self.bytes.count {
            #expect(Self.message(Array(Self.bytes[..<length])).contains("x.safetensors can't be used"))
        }
    }

    @Test func whatTheFormatForbidsIsRefused() {
        let one = #""dtype":"F32","shape":[1],"data_offsets""#
        let cases: [(String, Int, String)] = [
            (#"{"a":{\#(one):[0,4]},"a":{\#(one):[4,8]}}"#, 8, "twice"),
            (#"{"a":{\#(one):[0,4]},"b":{\#(one):[2,6]}}"#, 6, "overlaps"),
            (#"{"a":{\#(one):[0,4]},"b":{\#(one):[8,12]}}"#, 12, "gap"),
            (#"{"a":{\#(one):[0,4]}}"#, 5, "belong to no tensor"),
            (#"{"a":{\#(one):[0,8]}}"#, 8, "takes 4 bytes; it has 8"),
            (#"{"a":{\#(one):[4,0]}}"#, 4, "ends before"),
            (#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, 4, "unknown type F33"),
            (#"{"a":{"dtype":"F32","shape":[99999999999,99999999999],"data_offsets":[0,4]}}"#, 4, "too large"),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "number"),
            (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "needs dtype"),
            (#"{"a":{\#(one):[0,4],"x":1}}"#, 4, "unknown"),
            (#"{"__metadata__":{"a":1}}"#, 0, "must be here"),
            (#"{} x"#, 0, "nothing may follow"), (#"[]"#, 0, "object"), (#"{"a\ud800":{}}"#, 0, "half a character"),
        ]
        for (header, data, word) in cases {
            #expect(Self.message(Self.file(header, data: data)).contains(word), "\(header)")
        }
        #expect(Self.message([255, 255, 255, 255, 255, 255, 255, 255, 1]).contains("cut short"))
        #expect(Self.message(Self.file("{\"\u{7f}a\":{\(one):[0,4]}}   ", data: 4)) == "accepted")
    }

    /// Whatever is changed, the parser answers or refuses; what it answers fits the data.
    @Test func changedBytesNeverCrashIt() throws {
        var randomness = Randomness(seed: 3, stream: 0)
        for _ in 0..<3000 {
            var bytes = Self.bytes
            for _ in 0...randomness.below(3) {
                switch randomness.below(3) {
                case 0: bytes[randomness.below(bytes.count)] = UInt8(randomness.below(256))
                case 1: bytes.remove(at: randomness.below(bytes.count))
                default:
                    bytes.insert(Array("{}[]\",:0129\\u".utf8)[randomness.below(13)], at: randomness.below(bytes.count))
                }
            }
            guard let file = try? Safetensors(bytes, file: "x") else { continue }
            for entry in file.entries where entry.type == "F32" {
                #expect(try file.floats(entry.name, Shape(entry.shape)).count == Shape(entry.shape).count)
            }
        }
    }
}
