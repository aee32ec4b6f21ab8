import Foundation
import Glibc
import StewardCertificates
import Testing

@Suite struct PlanTests {
    @Test func aPlanListsWhatGoesAndWhyTheRestStays() throws {
        let tree = try ScratchTree("a", "b")
        let plan = Plan.make(tree.basis(used: "b"))
        #expect(plan.removals.map(\.lineage.name) == ["a"] && plan.stays.map(\.lineage.name) == ["b"])
        #expect(plan.stays[0].state == .used && plan.stays[0].reason.contains("/etc/nginx:3"))
        #expect(
            plan.removals[0].files.map(\.path.description).prefix(3) == ["renewal/a.conf", "live/a", "live/a/cert.pem"])
        #expect(plan.removals[0].files.count == 11)
    }

    @Test func aPlanReadsItsOwnTextAndTheTextIsTheSameEachTime() throws {
        let tree = try ScratchTree("a", "b", "c \"q\"\\# : {x}", "ü")
        let plan = Plan.make(tree.basis(used: "b"))
        #expect(try Plan(text: plan.text) == plan)
        #expect(Plan.make(tree.basis(used: "b")).text == plan.text)
        #expect(plan.removals.count == 3)
    }

    @Test func anEmptyPlanReadsItsOwnText() throws {
        let plan = Plan.make(Basis(inventory: Inventory(), report: EvidenceReport(), at: Facts.now))
        #expect(try Plan(text: plan.text) == plan)
    }

    @Test func namesThatAreNotUTF8Survive() throws {
        let tree = try ScratchTree("a")
        let raw: [CChar] = Array("\(tree.path)/archive/a/".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 65, 0]
        #expect(mkdir(raw, 0o755) == 0)
        let plan = Plan.make(tree.basis())
        #expect(plan.text.contains(#"archive/a/\\xffA"#))
        #expect(try Plan(text: plan.text) == plan)
    }

    @Test func aLineageCanBeTakenOutOfTheText() throws {
        let tree = try ScratchTree("a", "b")
        let lines = Plan.make(tree.basis()).text.split(separator: "\n", omittingEmptySubsequences: false)
        let from = try #require(lines.firstIndex(of: "  - lineage: \"b\""))
        let to = try #require(lines.firstIndex(of: "stays: []"))
        let text = (lines[..<from] + lines[to...]).joined(separator: "\n")
        #expect(try Plan(text: text).removals.map(\.lineage.name) == ["a"])
    }

    @Test(arguments: [
        ("format: steward-certificates-plan-1", "format: other", 3, "the format is other"),
        ("state: unused", "state: fine", 13, "`fine` is no state"),
        ("kind: folder", "kind: box", 18, "does not describe a file"),
        ("mode: \"0600\"", "mode: \"9\"", 27, "does not describe a file"),
        ("  - \"nginx\"", "\t- \"nginx\"", 8, "a tab"),
        ("    reasons:", "    reason:", 14, "`reasons:` was expected"),
        ("stays: []", "stays: [] x", 29, "something follows"),
        ("made: \"", "made: \"x", 4, "must be a time"),
        ("live/a/cert.pem", "live/../cert.pem", 19, "does not describe a file"),
        ("stays: []", "stays: []\nmore: 1", 30, "nothing was expected"),
    ])
    func aDamagedPlanNamesTheLine(old: String, new: String, line: Int, words: String) throws {
        let tree = try ScratchTree("a")
        let text = Plan.make(tree.basis()).text
        let range = try #require(text.range(of: old))
        let error = #expect(throws: RemovalError.self) {
            try Plan(text: text.replacingCharacters(in: range, with: new), name: "p.yaml")
        }
        #expect(error?.code == .planInvalid)
        #expect(error?.description.hasPrefix("p.yaml:\(line): ") == true, "\(error?.description ?? "")")
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func noPrefixOfAPlanCrashesTheParser() throws {
        let tree = try ScratchTree("a")
        let text = Plan.make(tree.basis()).text
        for length in stride(from: 0, to: text.utf8.count, by: 7) {
            _ = try? Plan(text: String(text.prefix(length)))
            _ = try? Plan(text: String(text.dropFirst(length)))
        }
    }

    @Test func symlinksIntoAnotherLineageKeepBoth() throws {
        let tree = try ScratchTree("a", "b", "c")
        try FileManager.default.removeItem(atPath: "\(tree.path)/live/a/privkey.pem")
        try tree.link("live/a/privkey.pem", to: "../../archive/b/privkey1.pem")
        let plan = Plan.make(tree.basis())
        #expect(plan.removals.map(\.lineage.name) == ["c"])
        #expect(plan.stays.allSatisfy { $0.reason.contains("lead into one another") })
    }

    @Test func anAbsoluteSymlinkAsCertbotKnowsTheTreeCounts() throws {
        let tree = try ScratchTree("a", "b")
        try FileManager.default.removeItem(atPath: "\(tree.path)/live/a/privkey.pem")
        try tree.link("live/a/privkey.pem", to: "/etc/letsencrypt/archive/b/privkey1.pem")
        var basis = tree.basis()
        #expect(Plan.make(basis).removals.count == 2)
        basis.inventory.trees[0].ownPath = "/etc/letsencrypt"
        #expect(Plan.make(basis).removals.isEmpty)
    }

    @Test func aFolderThatIsASymlinkKeepsEverything() throws {
        let tree = try ScratchTree("a")
        try FileManager.default.moveItem(atPath: "\(tree.path)/live", toPath: "\(tree.path)/elsewhere")
        try tree.link("live", to: "elsewhere")
        let plan = Plan.make(tree.basis())
        #expect(plan.removals.isEmpty && plan.stays.first?.reason.contains("no folder of its own") == true)
    }

    @Test func onlyWhatWasAskedForGoes() throws {
        let tree = try ScratchTree("a", "b")
        let plan = Plan.make(tree.basis(), chosen: [Lineage.ID(tree: tree.path, name: "b")])
        #expect(plan.removals.map(\.lineage.name) == ["b"])
    }
}
