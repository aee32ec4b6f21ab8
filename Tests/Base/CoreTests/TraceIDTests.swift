import StewardCore
import Testing

@Suite("Trace ids")
struct TraceIDTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test(
        "The id of a traceparent header is continued",
        arguments: [
            valid, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later",
            "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        ])
    func accepted(header: String) {
        #expect(TraceID(traceparent: header)?.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(TraceID(traceparent: header) == TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))
    }

    @Test(
        "A header that is not valid is ignored",
        arguments: [
            "", "00", "00-", "-", String(repeating: "-", count: 55), String(valid.dropLast()), valid + "0", valid + "-",
            valid + "-extra", " " + valid, valid + " ", valid.uppercased(),
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333z-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.x",
            "00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01", "\u{0}" + valid.dropFirst(),
        ])
    func refused(header: String) {
        #expect(TraceID(traceparent: header) == nil)
    }

    @Test("Half of the id may be zero")
    func halfZero() {
        let header = "00-0000000000000000000000000000000a-b7ad6b7169203331-01"
        #expect(TraceID(traceparent: header) == TraceID(high: 0, low: 10))
        #expect(
            TraceID(traceparent: "00-000000000000000a0000000000000000-b7ad6b7169203331-01") == TraceID(high: 10, low: 0)
        )
    }

    @Test("It is written as 32 lower-case digits with leading zeros")
    func description() {
        #expect(TraceID(high: 1, low: 0xabcdef).description == "00000000000000010000000000abcdef")
        #expect(TraceID(high: .max, low: .max).description == String(repeating: "f", count: 32))
    }

    @Test("The id that W3C forbids is never made")
    func neverZero() {
        struct Zero: RandomNumberGenerator {
            mutating func next() -> UInt64 { 0 }
        }
        var generator = Zero()
        #expect(TraceID(using: &generator) == TraceID(high: 0, low: 1))
        #expect(TraceID(high: 0, low: 0).description.hasSuffix("1"))
    }

    @Test("Random ids differ, and each is read back from the header it is sent in")
    func randomRoundTrip() {
        var generator = SystemRandomNumberGenerator()
        var seen: Set<TraceID> = []
        for _ in 0..<1000 {
            let id = TraceID(using: &generator)
            #expect(seen.insert(id).inserted)
            #expect(TraceID(traceparent: "00-\(id)-b7ad6b7169203331-01") == id)
        }
    }

    @Test("Any change of one byte of a valid header is refused or gives another id or only another span")
    func mutation() {
        let original = Array(Self.valid.utf8)
        for index in original.indices {
            for byte in UInt8(0)..<128 where byte != original[index] {
                var changed = original
                changed[index] = byte
                let id = TraceID(traceparent: String(decoding: changed, as: UTF8.self))
                let isHex = (48...57).contains(byte) || (97...102).contains(byte)
                if !isHex || [2, 35, 52].contains(index) {
                    #expect(id == nil)
                } else if (3..<35).contains(index) {
                    #expect(id != nil && id != TraceID(traceparent: Self.valid))
                }
            }
        }
    }
}
