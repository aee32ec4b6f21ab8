import Foundation
import StewardServer
import Testing

@testable import StewardCommandLine

@Suite("What the commands print")
struct TextTests {
    @Test("Columns are as wide as their widest cell, and no line ends in blanks")
    func columns() {
        let table = TextTable(headings: ["PATH", "DOC"], rows: [["/a.py", ""], ["/longer.py", "Says x."]])
        #expect(table.lines() == ["PATH        DOC", "/a.py", "/longer.py  Says x."])
    }

    @Test("A terminal's width cuts lines and says so")
    func cut() {
        let table = TextTable(headings: ["A"], rows: [["0123456789"]])
        #expect(table.lines(columns: 6) == ["A", "01234…"])
        #expect(table.lines(columns: 10) == ["A", "0123456789"])
    }

    @Test("Control characters of a script's documentation don't reach the terminal")
    func controls() {
        #expect(TextTable.printable("a\u{1b}[31mb\nc\u{7}\u{202e}d") == "a [31mb c  d")
    }

    @Test(
        "Durations carry a unit",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("12h", .seconds(43_200)),
            ("90d", .seconds(7_776_000)), ("0s", nil), ("30", nil), ("s", nil), ("-1s", nil), ("1.5h", nil),
            ("5 m", nil),
            ("1w", nil), ("99999999999999999999s", nil), ("9223372036854775807d", nil), ("40000d", nil),
        ] as [(String, Duration?)])
    func durations(text: String, expected: Duration?) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test("A failure stands as error lines with the hint on its own line")
    func failures() {
        let failure = CommandFailure(lines: ["one", "two"], hint: "do this")
        #expect(failure.description == "error: one\nerror: two\nhint: do this")
        #expect(failure.status == .failure)
    }

    @Test(
        "A mistyped command is recognised at its level",
        arguments: [
            (["rutes"], "did you mean 'steward routes'?"), (["key", "lst"], "did you mean 'steward key list'?"),
            (["key", "qqqqqq"], "commands of 'steward key': add, list, revoke"), (["routes", "--jsn"], nil),
        ] as [([String], String?)])
    func hints(arguments: [String], hint: String?) {
        #expect(StewardCommand.hint(for: arguments) == hint)
    }
}
