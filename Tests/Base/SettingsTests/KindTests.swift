import Testing

@testable import StewardSettings

@Suite struct KindTests {
    private func parse<Value>(_ kind: ValueKind<Value>, _ text: String) -> Value? {
        var reader = SettingsReader(file: "f")
        let node = SettingsNode(.scalar(text, plain: true), mark: SourceMark(line: 1, column: 1), path: "k")
        let value = kind.read(node, &reader)
        #expect((value == nil) == !reader.diagnostics.isEmpty, "\(text): \(reader.diagnostics)")
        return value
    }

    @Test(arguments: [
        ("0ms", 0), ("1ms", 1), ("500ms", 500), ("30s", 30_000), ("30 s", 30_000), ("5m", 300_000), ("1h", 3_600_000),
        ("2d", 172_800_000), ("90m", 5_400_000),
    ])
    func durationsAreRead(text: String, milliseconds: Int) {
        let kind = ValueKind<Duration>.duration(in: .zero...(.seconds(1 << 40)))
        #expect(parse(kind, text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "s", "30", "-5s", "+5s", "1.5s", "5 parsecs", "5S", "5min", "1h30m", "0x5s", "٣s", "99999999999999999999s",
        "9223372036854775807d", "1_000s", "5s ", "5ss", "NaNs",
    ])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(parse(ValueKind<Duration>.duration(in: .zero...(.seconds(1 << 40))), text) == nil)
    }

    @Test(arguments: [
        ("0B", 0), ("500B", 500), ("64KiB", 65_536), ("128MiB", 128 << 20), ("1GiB", 1 << 30), ("3kB", 3000),
        ("2MB", 2_000_000), ("1GB", 1_000_000_000), ("8 MiB", 8 << 20),
    ])
    func sizesAreRead(text: String, bytes: Int) {
        #expect(parse(ValueKind<Int>.size(in: 0...Int.max), text) == bytes)
    }

    @Test(arguments: ["", "5", "5K", "5M", "5KB", "5kib", "-1B", "1.5MiB", "1e3B", "9999999999GiB", "B"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(parse(ValueKind<Int>.size(in: 0...Int.max), text) == nil)
    }

    @Test(arguments: ["0755", "1:30", "0x10", "1e3", "1_000", "+1", "", " 1", "1.0", "٣", "--1", "-", "-01"])
    func whatIsNoWholeNumberIsRefused(text: String) {
        #expect(parse(ValueKind<Int>.integer(in: Int.min...Int.max), text) == nil)
    }

    @Test func writtenValuesReadBackTheSame() {
        for milliseconds in [0, 1, 999, 1000, 1500, 60_000, 61_000, 3_600_000, 86_400_000, 90_000_000] {
            let kind = ValueKind<Duration>.duration(in: .zero...(.seconds(1 << 40)))
            #expect(parse(kind, kind.format(.milliseconds(milliseconds))!) == .milliseconds(milliseconds))
        }
        for bytes in [0, 1, 1000, 1024, 1025, 1 << 20, 3 << 29, 1 << 40] {
            let kind = ValueKind<Int>.size(in: 0...Int.max)
            #expect(parse(kind, kind.format(bytes)!) == bytes)
        }
    }

    @Test(arguments: [
        ("timeot", "timeout"), ("time-out", "timeout"), ("Timeout", "timeout"), ("bodylimit", "body_limit"),
        ("adresses", "addresses"), ("foldre", "folder"), ("address", "addresses"),
    ])
    func theNearestKeyIsSuggested(word: String, expected: String) {
        let known = ["timeout", "body_limit", "addresses", "folder", "key", "queue"]
        #expect(Spelling.nearest(to: word, among: known) == expected)
    }

    @Test(arguments: ["xyz", "", "workers", "q", "---"])
    func nothingIsSuggestedForStrangeWords(word: String) {
        #expect(Spelling.nearest(to: word, among: ["timeout", "body_limit", "folder", "queue"]) == nil)
    }

    @Test(arguments: [("", "", 0), ("a", "", 1), ("abc", "abd", 1), ("abc", "acb", 1), ("kitten", "sitting", 3)])
    func distancesAreCounted(first: String, second: String, expected: Int) {
        #expect(Spelling.distance(Array(first.utf8), Array(second.utf8)) == expected)
    }
}
