import Foundation
import Glibc
import StewardCertificates
import Testing

@Suite struct QuarantineTests {
    @Test func aPrunedLineageComesBackByteForByte() async throws {
        let tree = try ScratchTree("a", "b")
        #expect(link("\(tree.path)/archive/a/cert1.pem", "\(tree.path)/archive/a/hard.pem") == 0)
        #expect(mkfifo("\(tree.path)/live/a/fifo", 0o640) == 0)
        let before = tree.snapshot
        let plan = Plan.make(tree.basis(used: "b"))
        let basis = tree.basis(used: "b")
        let items = try await tree.quarantine.prune(plan) { basis }
        #expect(items.map(\.lineage.name) == ["a"])
        #expect(!tree.has("renewal/a.conf") && !tree.has("live/a") && !tree.has("archive/a") && tree.has("live/b"))
        #expect(try tree.quarantine.list().map(\.id) == items.map(\.id))
        let (_, warnings) = try await tree.quarantine.restore(name: "a")
        #expect(tree.snapshot == before && warnings.isEmpty)
        #expect(try tree.quarantine.list().isEmpty && !tree.has(".certbot.lock"))
    }

    @Test func severalComeBackOneByOneToTheSameTree() async throws {
        let tree = try ScratchTree("a", "b", "c")
        let before = tree.snapshot
        try await tree.prune()
        for name in ["b", "a", "c"] { try await tree.quarantine.restore(name: name) }
        #expect(tree.snapshot == before)
    }

    @Test func aRestorationWarnsOfWhatChangedInQuarantine() async throws {
        let tree = try ScratchTree("a")
        let item = try await tree.prune()[0]
        try tree.write("\(Quarantine.folderName)/\(item.id)/archive/cert1.pem", "other\n")
        let (_, warnings) = try await tree.quarantine.restore(name: "a")
        #expect(warnings.count == 1 && warnings[0].contains("archive/a/cert1.pem has changed"))
    }

    @Test(arguments: [
        ("archive/a/privkey1.pem", "content"), ("renewal/a.conf", "bytes"), ("live/a/new.pem", "is new"),
    ])
    func aChangedFileStopsThePrune(file: String, words: String) async throws {
        let tree = try ScratchTree("a", "b")
        let plan = Plan.make(tree.basis())
        try tree.write(file, file.hasSuffix("conf") ? "longer than before, by far" : "privkey of b\n")
        let before = tree.snapshot
        let error = await refusal { try await tree.prune(plan) }
        #expect(error?.code == .changed)
        #expect(error?.description.contains("a: \(file)") == true && error?.description.contains(words) == true)
        #expect(tree.snapshot == before && !tree.has(".certbot.lock"))
    }

    @Test func modeOwnerTimeAndAbsenceAreNamed() async throws {
        let tree = try ScratchTree("a")
        let plan = Plan.make(tree.basis())
        chmod("\(tree.path)/archive/a/cert1.pem", 0o600)
        utimes("\(tree.path)/archive/a/chain1.pem", [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)])
        try FileManager.default.removeItem(atPath: "\(tree.path)/live/a/chain.pem")
        let text = await refusal { try await tree.prune(plan) }?.description ?? ""
        #expect(text.contains("archive/a/cert1.pem has changed (mode 0644, now 0600)"))
        #expect(text.contains("archive/a/chain1.pem has changed (modified at another time)"))
        #expect(text.contains("live/a/chain.pem is gone"))
    }

    @Test func newUseStopsThePruneOfEverything() async throws {
        let tree = try ScratchTree("a", "b")
        let plan = Plan.make(tree.basis())
        let now = tree.basis(used: "b")
        let error = await refusal { try await tree.quarantine.prune(plan) { now } }
        #expect(error?.code == .changed)
        #expect(error?.description.contains("b was unused and is used now: Used by nginx: /etc/nginx:3.") == true)
        #expect(tree.has("live/a") && tree.has("live/b"))
    }

    @Test func aPlaceThatIsNoLongerLookedAtStopsThePrune() async throws {
        let tree = try ScratchTree("a")
        let plan = Plan.make(tree.basis(looked: ["nginx", "postfix"]))
        let error = await refusal { try await tree.prune(plan) }
        #expect(error?.description.contains("was not looked at now: postfix") == true)
    }

    @Test func howManyFilesAPlaceHasAndAClosedPortDoNotStopAPrune() async throws {
        let tree = try ScratchTree("a")
        let plan = Plan.make(
            tree.basis(looked: ["nginx (1 file)", "copies in 1 file below /etc", "port 127.0.0.1:8443", "hooks (2)"]))
        let now = tree.basis(looked: ["nginx (12 files, 2 of them new)", "copies in 9 files below /etc", "hooks (3)"])
        #expect(try await tree.quarantine.prune(plan) { now }.count == 1)
    }

    @Test func aPlanThatNamesAUsedLineageIsRefused() async throws {
        let tree = try ScratchTree("a")
        var plan = Plan.make(tree.basis())
        plan.removals[0].state = .used
        let now = tree.basis(used: "a")
        let error = await refusal { try await tree.quarantine.prune(plan) { now } }
        #expect(error?.description.contains("such a lineage never goes") == true && tree.has("live/a"))
    }

    @Test func aTakenPlaceStopsARestorationAndIsNamed() async throws {
        let tree = try ScratchTree("a")
        try await tree.prune()
        try tree.add("a")
        let before = tree.snapshot
        let error = await refusal { try await tree.quarantine.restore(name: "a") }
        #expect(error?.code == .placeTaken && error?.description.contains("live/a is taken by a folder") == true)
        #expect(tree.snapshot == before)
        #expect(try tree.quarantine.list().count == 1)
    }

    @Test func severalOfOneNameAreToldApartByTheirIds() async throws {
        let tree = try ScratchTree("a")
        try await tree.prune()
        try tree.add("a")
        try await tree.prune()
        let ids = try tree.quarantine.list().map(\.id)
        #expect(Set(ids).count == 2)
        #expect(await refusal { try await tree.quarantine.restore(name: "a") }?.code == .ambiguous)
        try await tree.quarantine.restore(name: ids[0])
        #expect(await refusal { try await tree.quarantine.restore(name: "z") }?.code == .notFound)
    }

    @Test func aPurgeTakesTheOldOnesOnly() async throws {
        let tree = try ScratchTree("a", "b")
        try await tree.prune()
        #expect(try await tree.quarantine.purge(olderThan: 3600).isEmpty)
        #expect(try await tree.quarantine.purge(olderThan: 0, names: ["b"]).map(\.lineage.name) == ["b"])
        #expect(try tree.quarantine.list().map(\.lineage.name) == ["a"])
        let later = Date().addingTimeInterval(7200)
        #expect(try await tree.quarantine.purge(olderThan: 3600, now: later).count == 1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: tree.path + "/" + Quarantine.folderName) == ["journal"])
    }

    @Test func revocationComesFirstAndItsFailureMovesNothing() async throws {
        let tree = try ScratchTree("a")
        let basis = tree.basis()
        let error = await refusal {
            try await tree.quarantine.prune(
                .make(basis), revoke: { _ in .failed("certbot says: no.") }, recheck: { basis })
        }
        #expect(error?.code == .revocation && tree.has("live/a"))
        #expect(error?.description.contains("certbot says: no.") == true)
        var revoked: [String] = []
        try await tree.quarantine.prune(
            .make(basis),
            revoke: { lineage in
                #expect(tree.has("renewal/a.conf"))
                revoked.append(lineage.name)
                return .revoked
            }, recheck: { basis })
        #expect(revoked == ["a"] && !tree.has("live/a"))
        #expect(try tree.quarantine.list().map(\.isRevoked) == [true])
        #expect(try await tree.quarantine.restore(name: "a").warnings.first?.contains("is revoked") == true)
    }

    @Test func aLineageWhoseRevocationFailsStaysAndTheOthersGo() async throws {
        let tree = try ScratchTree("a", "b")
        let basis = tree.basis()
        let gone = try await tree.quarantine.prune(
            .make(basis), revoke: { $0.name == "a" ? .failed("certbot says: no.") : .revoked }, recheck: { basis })
        #expect(gone.map(\.lineage.name) == ["b"] && tree.has("live/a") && !tree.has("live/b"))
    }

    @Test func whatChangesDuringARevocationIsSeenAndTheRevokedAreNamed() async throws {
        let tree = try ScratchTree("a", "b")
        let basis = tree.basis()
        let error = await refusal {
            try await tree.quarantine.prune(
                .make(basis),
                revoke: { lineage in
                    try? FileManager.default.removeItem(atPath: "\(tree.path)/live/\(lineage.name)/README")
                    try? Data("x".utf8).write(to: URL(fileURLWithPath: "\(tree.path)/live/\(lineage.name)/new"))
                    return .revoked
                }, recheck: { basis })
        }
        #expect(error?.code == .changed && tree.has("live/a"))
        #expect(error?.sentences.last == "Revoked before that, for good: a, b.")
    }

    @Test func useOfAQuarantinedLineageRaisesAnAlarm() async throws {
        let tree = try ScratchTree("a", "b")
        let items = try await tree.prune()
        let report = Facts.report([Facts.path("\(tree.path)/live/a/fullchain.pem")])
        let findings = QuarantineAlarm.findings(items, report: report, lineages: [])
        #expect(findings.map(\.code) == ["quarantined-in-use"])
        #expect(findings[0].text.hasPrefix("a is in quarantine, but in use: nginx: /etc/nginx:3."))
        #expect(
            QuarantineAlarm.findings(items, report: report, lineages: [Facts.lineage("a", tree: tree.path)]).isEmpty)
    }

    @Test func twoStewardsDoNotMeet() async throws {
        let tree = try ScratchTree("a")
        let plan = Plan.make(tree.basis())
        let basis = tree.basis()
        let error = await refusal {
            try await tree.quarantine.prune(plan) {
                let inner = await refusal { try await tree.quarantine.recover() }
                #expect(inner?.code == .locked)
                return basis
            }
        }
        #expect(error == nil && !tree.has("live/a"))
    }

    @Test func aDamagedManifestIsAFindingAndHidesNothing() async throws {
        let tree = try ScratchTree("a", "b")
        let items = try await tree.prune()
        try tree.write("\(Quarantine.folderName)/\(items[0].id)/manifest.json", "{")
        let contents = try tree.quarantine.contents()
        #expect(contents.items.map(\.id) == [items[1].id] && contents.findings.map(\.code) == ["quarantine-damaged"])
    }
}
