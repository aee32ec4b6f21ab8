import Foundation
import Testing

@testable import StewardScripts

/// What workers and zygotes say, who run code of strangers, ends no server.
@Suite struct WorkerWordsTests {
    private func read(_ json: String) -> [String: ScriptDescription]? { ScriptDescription.read(Data(json.utf8)) }

    @Test func descriptionsAreReadByTheirPaths() throws {
        let found = try #require(
            read(#"{"a.py": {"kind": "main", "timeout": 2.5, "gpu": {"count": 2, "memory": 1024, "share": true}}}"#))
        #expect(found["a.py"]?.timeoutNanoseconds == 2_500_000_000)
        #expect(found["a.py"]?.gpu == CardDemand(count: 2, memory: 1024, share: true))
        #expect(found["a.py"]?.gpuError == nil && found["a.py"]?.limitsError == nil)
        #expect(read("[1]") == nil && read("{") == nil)
    }

    @Test(
        arguments: [
            (65, "1"), (-1, "1"), (Int.max, "1"), (Int.min, "null"), (1, "0"), (1, "-9223372036854775808"),
            (1, "1125899906842625"), (1, "9223372036854775807"),
        ])
    func cardsThatNoMachineHasAreARefusalOfThatScript(_ count: Int, _ memory: String) throws {
        let cards = #"{"count": \#(count), "memory": \#(memory), "share": true}"#
        let found = try #require(read(#"{"a.py": {"kind": "main", "gpu": \#(cards)}, "b.py": {"kind": "wsgi"}}"#))
        #expect(found["a.py"]?.gpu == nil)
        #expect(found["a.py"]?.gpuError?.contains("0 to 64 cards") == true)
        #expect(found["b.py"]?.kind == "wsgi" && found["b.py"]?.gpuError == nil)
    }

    /// Python's numbers have no largest.
    @Test(
        arguments: [
            #""gpu": {"count": 1, "memory": 99999999999999999999, "share": false}"#,
            #""limits": {"concurrency": {"route": 99999999999999999999}}"#, #""timeout": "soon""#,
        ])
    func aNumberBeyondAllBoundsLeavesOtherScriptsAlone(_ field: String) throws {
        let found = try #require(read(#"{"a.py": {"kind": "main", \#(field)}, "b.py": {"kind": "wsgi"}}"#))
        #expect(found["a.py"]?.limitsError?.contains("can't be understood") == true)
        #expect(found["b.py"]?.kind == "wsgi" && found["b.py"]?.limitsError == nil)
    }

    @Test(arguments: [(0, "exit code 0"), (-9, "killed by signal 9 (Killed)"), (255, "exit code 255")])
    func anEndIsPutIntoWords(_ status: Int32, _ words: String) { #expect(exitText(status) == words) }

    @Test func aStatusThatNoProcessHasIsPutIntoWordsToo() {
        #expect(exitText(.min).hasPrefix("killed by signal 2147483648"))
    }
}
