import Foundation
import StewardTelemetry
import Testing

@Suite("JSON lines")
struct LineBufferTests {
    private func encoded(_ value: String) -> String {
        var line = LineBuffer()
        line.appendJSON(value)
        return line.text
    }

    @Test(
        "A string's quotes, backslashes and control characters are escaped",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("a\"b", #""a\"b""#), ("a\\b", #""a\\b""#),
            ("\u{0}\u{1f}", #""\u0000\u001f""#), ("\t\n\r\u{8}\u{c}", #""\t\n\r\b\f""#),
            ("eight by\"", #""eight by\"""#), ("1234567\n", #""1234567\n""#), ("ünï→😀", "\"ünï→😀\""),
            ("\u{7f}/", "\"\u{7f}/\""),
        ])
    func escapes(value: String, expected: String) {
        #expect(encoded(value) == expected)
    }

    @Test("Whatever the string, Foundation reads back the same one")
    func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        let alphabet: [Unicode.Scalar] =
            (0..<0x80).map { Unicode.Scalar(UInt8($0)) } + [
                "\"", "\\", "\u{80}", "\u{9b}", "é", "\u{2028}", "€", "\u{fffd}", "😀",
            ]
        for length in 0..<3000 {
            var value = ""
            for _ in 0..<(length % 70) { value.unicodeScalars.append(alphabet.randomElement(using: &generator)!) }
            let decoded =
                try JSONSerialization.jsonObject(
                    with: Data("[\(encoded(value))]".utf8)) as? [String]
            try #require(decoded == [value], "\(value.debugDescription)")
        }
    }

    @Test("Bytes that are not UTF-8 become U+FFFD and the line stays valid")
    func invalidUTF8() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var line = LineBuffer()
            line.beginJSON(time: aMoment)
            bytes.withUnsafeBufferPointer { line.field("value", bytes: $0) }
            line.endJSON()
            let value = try #require(object(line.text)?["value"] as? String)
            #expect(value == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(
        "Numbers are written exactly",
        arguments: [
            (0, "0"), (9, "9"), (10, "10"), (-1, "-1"), (Int.max, "9223372036854775807"),
            (Int.min, "-9223372036854775808"),
            (1_000_000, "1000000"), (999_999, "999999"),
        ])
    func integers(value: Int, expected: String) {
        var line = LineBuffer()
        line.append(value)
        #expect(line.text == expected)
    }

    @Test("An unsigned number may use all 64 bits")
    func largest() {
        var line = LineBuffer()
        line.append(UInt64.max)
        #expect(line.text == "18446744073709551615")
    }

    @Test("Every power of ten and its neighbours are written exactly")
    func powersOfTen() {
        var power: UInt64 = 1
        for _ in 0..<20 {
            for value in [power - 1, power, power + 1] {
                var line = LineBuffer()
                line.append(value)
                #expect(line.text == String(value))
            }
            power = power.multipliedReportingOverflow(by: 10).partialValue
        }
    }

    @Test(
        "Durations are milliseconds with the microseconds kept",
        arguments: [
            (0, "0.000"), (1, "0.001"), (999, "0.999"), (1_234, "1.234"), (60_000_000, "60000.000"), (-1_500, "-1.500"),
        ])
    func durations(microseconds: Int64, expected: String) {
        var line = LineBuffer()
        line.append(milliseconds: microseconds)
        #expect(line.text == expected)
    }

    @Test(
        "A number that JSON can't write becomes null",
        arguments: [
            (1.5, "1.5"), (.infinity, "null"), (-.infinity, "null"), (.nan, "null"), (1e300, "1e+300"),
        ])
    func doubles(value: Double, expected: String) {
        var line = LineBuffer()
        line.appendJSON(value)
        #expect(line.text == expected)
    }

    @Test(
        "Times are RFC 3339 in UTC with milliseconds, whichever second came before",
        arguments: [
            (1_793_588_645_678_901, "2026-11-02T03:04:05.678Z"), (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (4_102_444_799_999_999, "2099-12-31T23:59:59.999Z"),
        ])
    func times(microseconds: Int64, expected: String) {
        var line = LineBuffer()
        for time in [microseconds, 1_700_000_000_000_000, microseconds, microseconds] {
            line.clear()
            line.append(Timestamp(microseconds: time))
        }
        #expect(line.text == expected)
    }

    @Test("A line may be much longer than the buffer it began in")
    func growth() {
        var line = LineBuffer(capacity: 1)
        let long = String(repeating: "0123456789\n", count: 100_000)
        line.appendJSON(long)
        #expect(line.count == 100_000 * 12 + 2)
        line.clear()
        line.appendJSON("short")
        #expect(line.text == "\"short\"")
    }
}
