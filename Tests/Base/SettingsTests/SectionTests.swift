import StewardSettings
import Testing

enum Colour: String, CaseIterable, Sendable {
    case red
    case green
}

struct Inner: Sendable, Equatable {
    var timeout: Duration = .seconds(30)
    var size = 128 << 20
    static let section = SettingsSection(Inner()) {
        Field("timeout", \.timeout, .duration(in: .zero...(.seconds(86_400))), "How long.")
        Field("size", \.size, .size(in: 0...(1 << 40)), "How large.")
    }
}

struct Shared: Sendable, Equatable {
    var depth = 3
    static let section = SettingsSection(Shared()) {
        Field("depth", \.depth, .integer(in: 0...9), "How deep.")
    }
}

struct Sample: Sendable {
    var name = ""
    var verbose = false
    var colour = Colour.red
    var count: Int?
    var tags: [String] = []
    var shared = Shared()
    var parts: [MapEntry<String, Inner>] = []
    var items: [Inner] = []
    var file: String? = "a.log"

    static let section = SettingsSection(Sample()) {
        Field("name", \.name, .text, required: true, example: "x", "Its name.")
        Field("verbose", \.verbose, .flag, "Whether it talks.")
        Field("colour", \.colour, .choice, "Its colour.")
        Field("count", \.count, ValueKind<Int>.integer(in: 1...100).optional, standard: "as many as fit", "How many.")
        Field("tags", \.tags, .oneOrMore(.text), "Its tags.")
        Shared.section.lifted(to: \.shared)
        Field("parts", \.parts, .map("PART", key: .text, value: .section(Inner.section)), "Its parts.")
        Field("items", \.items, .list(.section(Inner.section)), "Its items.")
        Field("file", \.file, ValueKind<String>.path.orNone, "Its file | or none.")
    }
}

/// The diagnostics of `text`, one a line.
func complaints(_ text: String) -> [String] {
    do throws(SettingsError) {
        _ = try Sample.section.read(text: text, file: "s.yaml")
        return []
    } catch {
        return error.diagnostics.map(\.description)
    }
}

@Suite struct SectionTests {
    @Test func aWholeFileIsReadIntoItsTypes() throws {
        let sample = try Sample.section.read(
            text: """
                # a comment
                name: "no"
                verbose: true
                colour: green
                count: 7
                tags: [a, 0755]
                depth: 5
                file: none
                parts:
                  /api: {timeout: 500ms}
                  /x:
                    size: 1 GiB
                items:
                  - timeout: 1h
                  - size: 64kB
                """, file: "s.yaml")
        #expect(sample.name == "no")
        #expect(sample.verbose)
        #expect(sample.colour == .green)
        #expect(sample.count == 7)
        #expect(sample.tags == ["a", "0755"])
        #expect(sample.shared.depth == 5)
        #expect(sample.file == nil)
        #expect(sample.parts.map(\.key) == ["/api", "/x"])
        #expect(
            sample.parts.map(\.value) == [
                Inner(timeout: .milliseconds(500), size: 128 << 20), Inner(timeout: .seconds(30), size: 1 << 30),
            ])
        #expect(sample.items == [Inner(timeout: .seconds(3600), size: 128 << 20), Inner(size: 64_000)])
    }

    @Test func scalarsMeanTheirText() throws {
        let sample = try Sample.section.read(text: "name: 1:30\ntags: [yes, 1e3, 0x1F, 007]", file: "s.yaml")
        #expect(sample.name == "1:30")
        #expect(sample.tags == ["yes", "1e3", "0x1F", "007"])
    }

    @Test func sectionsAndListsMayStandEmpty() throws {
        let sample = try Sample.section.read(text: "name: a\nparts:\nitems: ~\ntags:\n", file: "s.yaml")
        #expect(sample.parts.isEmpty && sample.items.isEmpty && sample.tags.isEmpty)
    }

    @Test(arguments: [
        ("nmae: x\nname: y", ["s.yaml:1:1: unknown key 'nmae'; did you mean 'name'?"]),
        (
            "name: x\ntimeout: 3s",
            ["s.yaml:2:1: unknown key 'timeout'; 'timeout' belongs under 'parts.PART'"]
        ),
        (
            "name: x\nzzz: 3s",
            [
                "s.yaml:2:1: unknown key 'zzz'; known here: colour, count, depth, file, items, name, parts, tags, verbose"
            ]
        ),
        (
            "name: x\nparts:\n  /api:\n    timeout: 30 parsecs",
            [
                "s.yaml:4:14: parts./api.timeout: \"30 parsecs\" is not a duration; write a whole number with a unit: "
                    + "500ms, 30s, 5m, 1h"
            ]
        ),
        ("verbose: true", ["s.yaml:1:1: 'name' is missing, for example 'name: x'"]),
        ("", ["s.yaml:1:1: 'name' is missing, for example 'name: x'"]),
        ("name: x\nverbose: yes", ["s.yaml:2:10: verbose: write 'true', not 'yes'"]),
        ("name: x\nverbose: Off", ["s.yaml:2:10: verbose: write 'false', not 'Off'"]),
        ("name: x\nverbose: True", ["s.yaml:2:10: verbose: write 'true', not 'True'"]),
        ("name: x\nverbose: perhaps", ["s.yaml:2:10: verbose: \"perhaps\" is neither true nor false"]),
        (
            "name: x\ncolour: gren",
            ["s.yaml:2:9: colour: \"gren\" is not one of red, green; did you mean 'green'?"]
        ),
        (
            "name: x\ncount: 010",
            ["s.yaml:2:8: count: \"010\" is not a whole number; write digits only, without leading zeros"]
        ),
        ("name: x\ncount: 101", ["s.yaml:2:8: count: 101 is out of range; allowed: 1 to 100"]),
        (
            "name: x\ncount: 99999999999999999999",
            [
                "s.yaml:2:8: count: \"99999999999999999999\" is not a whole number; write digits only, without leading zeros"
            ]
        ),
        ("name: [x]", ["s.yaml:1:7: name: expected a value (text), found a list"]),
        ("name:\ndepth: 3", ["s.yaml:1:6: name: has no value; write one (text) or remove the line"]),
        ("name: x\nitems: 3", ["s.yaml:2:8: items: expected a list, found \"3\"; write [section]"]),
        ("name: x\nparts: 3", ["s.yaml:2:8: parts: expected a mapping, found \"3\"; write PART: ..."]),
        (
            "name: x\nparts: {a: 3}",
            ["s.yaml:2:12: parts.a: expected a mapping with keys such as timeout, size, found \"3\""]
        ),
        ("- a", ["s.yaml:1:1: expected a mapping with keys such as name, verbose, colour, count, found a list"]),
        (
            "name: x\nitems:\n- {size: 5}\n- {size: 5mib}",
            [
                "s.yaml:3:10: items[0].size: \"5\" has no unit; write a whole number with a unit: 500B, 64KiB, 128MiB, 1GiB",
                "s.yaml:4:10: items[1].size: \"5mib\" is not a size; did you mean 5MiB?",
            ]
        ),
    ])
    func anErrorNamesItsPlaceAndTheWayOut(text: String, expected: [String]) {
        #expect(complaints(text) == expected)
    }

    @Test func everyErrorIsToldAtOnceInTheOrderOfTheFile() {
        let found = complaints(
            """
            verbose: yes
            colour: blue
            parts:
              a: {timeout: 5, size: x}
            extra: 1
            count: 0
            """)
        #expect(found.count == 7)
        #expect(found.map { $0.split(separator: ":")[1] } == ["1", "1", "2", "4", "4", "5", "6"])
    }
}

@Suite struct ForbiddenYAMLTests {
    @Test func everyDuplicateKeyIsNamedWithItsPath() {
        let found = complaints(
            """
            name: x
            name: y
            "verbose": true
            parts:
              a:
                size: 1B
                size: 2B
                timeout: 1s
              a: {}
            verbose: false
            """)
        #expect(
            found == [
                "s.yaml:2:1: name: the key 'name' is set twice, first in line 1; keep one",
                "s.yaml:7:5: parts.a.size: the key 'size' is set twice, first in line 6; keep one",
                "s.yaml:9:3: parts.a: the key 'a' is set twice, first in line 5; keep one",
                "s.yaml:10:1: verbose: the key 'verbose' is set twice, first in line 3; keep one",
            ])
    }

    @Test func anchorsAndAliasesAreRefusedWithTheirPlace() {
        let found = complaints("name: x\nparts:\n  a: &a {size: 1B}\n  b: *a")
        #expect(found.count == 2)
        #expect(found[0].hasPrefix("s.yaml:3:6: parts.a: anchors and aliases (&a) are not allowed"))
    }

    @Test func anExponentialAliasBombIsRefusedAtOnce() {
        var text = "name: x\ntags:\n- &a0 [x, x]\n"
        for level in 1...40 { text += "- &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(complaints(text).count == 41)
    }

    @Test(arguments: [
        ("name: *gone", "1:7: aliases (*name) are not allowed"),
        ("name: x\n---\nname: y", "a settings file holds one document"),
        ("name: [x", "this is not YAML"),
        ("name: x\n\tverbose: true", "2:1: this is not YAML"),
        ("name: \"x", "this is not YAML"),
        ("name: x\nparts:\n  <<: {a: {}}", "merge keys (<<) are not allowed"),
        ("name: x\n? [a]\n: b", "a key must be a word"),
        ("name: \u{1}", "this is not text"),
    ])
    func whatIsNoPlainSettingsFileIsRefused(text: String, expected: String) {
        let found = complaints(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func columnsCountCharactersAndWindowsLineEndsWork() {
        #expect(
            complaints("name: x\r\ntags: [ä, ö]\r\nverbose: yes\r\n") == [
                "s.yaml:3:10: verbose: write 'true', not 'yes'"
            ])
        #expect(complaints("{name: \"äöü\", verbose: no}") == ["s.yaml:1:24: verbose: write 'false', not 'no'"])
    }

    @Test(arguments: ["\r", "\n", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"])
    func linesEndWhereYAMLEndsThem(end: String) {
        #expect(complaints("name: x\(end)verbose: yes") == ["s.yaml:2:10: verbose: write 'true', not 'yes'"])
    }

    @Test(arguments: [
        ("name: äö\ntags: [ä, \u{1}]", "s.yaml:2:11: this is not text"),
        ("name: e\u{301}\u{7f}", "s.yaml:1:9: this is not text"),
        ("name: \"x", "s.yaml:1:9: this is not YAML"),
        ("name: \"x\n", "s.yaml:2:1: this is not YAML"),
        ("name: [x\n", "s.yaml:2:1: this is not YAML"),
    ])
    func whatCannotBeReadHasAPlaceInTheText(text: String, expected: String) {
        let found = complaints(text)
        #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
    }
}
