import Foundation
import Glibc
import StewardCertificates
import Testing

/// What a start finds after an interruption, made by hand; the crash sweep makes the rest.
@Suite struct RecoveryTests {
    /// A tree whose prune is interrupted after all renames: the journal ends with the intent.
    private func interrupted() async throws -> (tree: ScratchTree, before: [String: FileIdentity], id: String) {
        let tree = try ScratchTree("a")
        let before = tree.snapshot
        let id = try await tree.prune()[0].id
        try rewriteJournal(tree) { $0.dropLast() }
        return (tree, before, id)
    }

    private func rewriteJournal(_ tree: ScratchTree, _ change: ([Substring]) -> ArraySlice<Substring>) throws {
        let file = "\(Quarantine.folderName)/journal"
        let text = try String(contentsOfFile: "\(tree.path)/\(file)", encoding: .utf8)
        try tree.write(file, change(text.split(separator: "\n")).map { $0 + "\n" }.joined())
    }

    @Test func anInterruptedPruneIsTakenBackByTheNextWriter() async throws {
        let (tree, before, _) = try await interrupted()
        #expect(try tree.quarantine.contents().findings.map(\.code) == ["recovery-due"])
        #expect(try tree.quarantine.list().isEmpty)
        let recovery = try await tree.quarantine.recover()
        #expect(recovery.done.count == 1 && recovery.conflicts.isEmpty)
        #expect(tree.snapshot == before)
        #expect(try await tree.quarantine.recover() == Recovery())
        #expect(try tree.quarantine.contents().findings.isEmpty)
    }

    @Test func eachWritingCommandRecoversFirst() async throws {
        let (tree, before, _) = try await interrupted()
        try await tree.quarantine.purge(olderThan: 0)
        #expect(tree.snapshot == before)
    }

    @Test func whatCameInBetweenIsNotTouchedAndNothingIsLost() async throws {
        let (tree, _, id) = try await interrupted()
        try tree.write("renewal/a.conf", "")
        let recovery = try await tree.quarantine.recover()
        #expect(recovery.conflicts.count == 1 && recovery.conflicts[0].contains("something new is at"))
        #expect(try tree.quarantine.list().map(\.id) == [id])
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(tree.path)/renewal/a.conf")).isEmpty)
        try FileManager.default.removeItem(atPath: "\(tree.path)/renewal/a.conf")
        try await tree.quarantine.restore(name: "a")
        #expect(tree.has("archive/a/privkey1.pem") && tree.has("live/a/cert.pem"))
    }

    @Test func aTornLastLineNeverHappened() async throws {
        let tree = try ScratchTree("a")
        let before = tree.snapshot
        try await tree.prune()
        try rewriteJournal(tree) { $0.dropLast() + [$0[1].dropLast(9)] }
        try await tree.quarantine.recover()
        #expect(tree.snapshot == before)
        let journal = try String(contentsOfFile: "\(tree.path)/\(Quarantine.folderName)/journal", encoding: .utf8)
        #expect(journal.split(separator: "\n").count == 2 && journal.hasSuffix("\n"))
    }

    @Test func aDamagedLineAmongGoodOnesStopsEveryWriterAndIsNamed() async throws {
        let tree = try ScratchTree("a")
        try await tree.prune()
        try rewriteJournal(tree) { [Substring($0[0].replacing("prune", with: "prone")), $0[1]] }
        let error = await refusal { try await tree.quarantine.restore(name: "a") }
        #expect(error?.code == .journalDamaged && error?.description.contains("journal:1: ") == true)
        let contents = try tree.quarantine.contents()
        #expect(contents.findings.map(\.code) == ["journal-damaged"] && contents.items.count == 1)
    }

    @Test func anInterruptedPurgeIsFinished() async throws {
        let tree = try ScratchTree("a", "b")
        let items = try await tree.prune()
        let folder = "\(tree.path)/\(Quarantine.folderName)"
        try FileManager.default.moveItem(
            atPath: "\(folder)/\(items[0].id)", toPath: "\(folder)/deleting.\(items[0].id)")
        #expect(try tree.quarantine.contents().findings.map(\.code) == ["recovery-due"])
        try await tree.quarantine.recover()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [items[1].id, "journal"])
    }

    @Test func aPreparedFolderThatWasNeverFilledIsCleanedAway() async throws {
        let tree = try ScratchTree("a")
        try await tree.prune()
        try await tree.quarantine.restore(name: "a")
        let folder = "\(tree.path)/\(Quarantine.folderName)"
        try FileManager.default.createDirectory(
            atPath: "\(folder)/20260101T000000Z-x", withIntermediateDirectories: true)
        try tree.write("\(Quarantine.folderName)/20260101T000000Z-x/manifest.json", "{\"torn")
        try FileManager.default.createDirectory(atPath: "\(folder)/mine", withIntermediateDirectories: true)
        try tree.write("\(Quarantine.folderName)/mine/notes.txt", "keep")
        try await tree.quarantine.recover()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["journal", "mine"])
    }

    @Test func aTreeWithoutAQuarantineIsLeftAlone() async throws {
        let tree = try ScratchTree("a")
        #expect(try await tree.quarantine.recover() == Recovery())
        #expect(!tree.has(Quarantine.folderName))
    }
}
