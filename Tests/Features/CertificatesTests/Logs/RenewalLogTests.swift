import Foundation
import Testing

@testable import StewardCertificates

@Suite struct RenewalLogTests {
    private func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("../../../Support/certbot-logs/\(name).log")))
    }

    private func log(_ names: [String]) throws -> RenewalLog {
        var log = RenewalLog(zone: .fixed(0))
        for name in names { log.read(try bytes(name), file: name) }
        return log
    }

    private func outcome(_ log: RenewalLog, _ name: String) -> RenewalOutcome? {
        log.outcomes[.init(tree: "/etc/letsencrypt", name: name)]
    }

    @Test func successesAreDated() throws {
        let log = try log(["success"])
        #expect(log.outcomes.count == 3 && log.outcomes.values.allSatisfy { $0.failing == nil })
        let bad = try #require(outcome(log, "bad.example.tw")?.lastSuccess)
        #expect(abs(bad.timeIntervalSince1970 - 1_795_576_956.351) < 0.01)
    }

    @Test func failuresHaveReasonAndLine() throws {
        let log = try log(["success", "failure"])
        let failing = try #require(outcome(log, "bad.example.tw")?.failing)
        #expect(failing.reason.hasPrefix("Account at /etc/letsencrypt/accounts/localhost:24199/dir/"))
        #expect(failing.reason.hasSuffix(" does not exist") && failing.place.text == "failure")
        let line = try bytes("failure").split(separator: 10, omittingEmptySubsequences: false)[failing.place.line! - 1]
        #expect(String(decoding: line, as: UTF8.self).contains("Failed to renew certificate bad.example.tw"))
        #expect(outcome(log, "bad.example.tw")?.failures == 1)
        #expect(outcome(log, "good.example.tw")?.failing == nil && outcome(log, "quiet.example.tw")?.failing == nil)
        #expect(
            outcome(log, "broken.example.tw")?.failing?.reason
                == "error parsing /etc/letsencrypt/renewal/broken.example.tw.conf")
        #expect(outcome(log, "lost.example.tw")?.failing?.reason.hasSuffix("to be a symlink") == true)
    }

    @Test func failuresAreCountedUntilASuccess() throws {
        let twice = try log(["failure", "all-failed"])
        #expect(outcome(twice, "bad.example.tw")?.failures == 2)
        #expect(outcome(twice, "good.example.tw")?.failures == 1)
        #expect(outcome(twice, "good.example.tw")?.failing?.reason.contains("accountDoesNotExist") == true)
        #expect(try outcome(log(["all-failed", "success"]), "good.example.tw")?.failures == 0)
    }

    @Test func dryRunsAndOtherRunsSayNothing() throws {
        #expect(try log(["dry-run", "certonly"]).outcomes.isEmpty)
    }

    @Test func confsThatAreBrokenAreToldThoughNothingIsDue() throws {
        let log = try log(["skipped"])
        #expect(Set(log.outcomes.keys.map(\.name)) == ["broken.example.tw", "lost.example.tw"])
    }

    @Test func theWordsOfOlderCertbotsAreKnown() {
        var log = RenewalLog(zone: .fixed(3600))
        let text = """
            2019-03-04 05:06:07,089:DEBUG:certbot.main:certbot version: 0.31.0
            2019-03-04 05:06:08,089:WARNING:certbot.renewal:Attempting to renew cert (a.example) from /etc/letsencrypt/renewal/a.example.conf produced an unexpected error: no. Skipping.
            2019-03-04 05:06:09,089:WARNING:certbot.renewal:Renewal configuration file /etc/letsencrypt/renewal/b.example.conf (cert: b.example) produced an unexpected error: 'x'. Skipping.
            2019-03-04 05:06:09,089:ERROR:certbot.renewal:  /etc/letsencrypt/live/a.example/fullchain.pem (failure)
              /etc/letsencrypt/live/c.example/fullchain.pem (failure)
            2019-03-05 05:06:07,089:DEBUG:certbot.storage:Writing full chain to /etc/letsencrypt/live/b.example/fullchain.pem.

            """
        log.read(Array(text.utf8), file: "f")
        #expect(
            outcome(log, "a.example")?.failing
                == .init(
                    date: Date(timeIntervalSince1970: 1_551_672_368.089), reason: "no", place: Place("f", line: 2)))
        #expect(outcome(log, "a.example")?.failures == 1)
        #expect(outcome(log, "b.example")?.lastFailure?.reason == "'x'" && outcome(log, "b.example")?.failing == nil)
        #expect(outcome(log, "c.example")?.failing != nil)
    }

    @Test func theFolderIsReadOldestFirstAndFindingsAreAdded() throws {
        let tree = try InventoryTree(own: "/etc/letsencrypt")
        for name in ["bad.example.tw", "good.example.tw"] { try tree.add(name) }
        try tree.makeFolder("logs")
        try tree.write("logs/letsencrypt.log.1", try bytes("success"))
        try tree.write("logs/letsencrypt.log", try bytes("failure"))
        try tree.write("logs/other.txt", try bytes("all-failed"))
        var times = [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]
        #expect(utimes("\(tree.path)/logs/letsencrypt.log.1", &times) == 0)
        let reading = RenewalLogReader(folder: "\(tree.path)/logs", zone: .fixed(0)).read()
        #expect(reading.unread.isEmpty)
        var inventory = tree.read()
        inventory.note(reading.log)
        #expect(inventory.lineages[0].codes == ["renewal-failing"] && inventory.lineages[1].codes == [])
        let finding = try #require(inventory.lineages[0].findings.first)
        #expect(finding.path == "\(tree.path)/logs/letsencrypt.log" && finding.text.contains("letsencrypt.log:"))
        #expect(RenewalLogReader(folder: "\(tree.path)/none").read().unread.isEmpty)
        let little = RenewalLogReader(folder: "\(tree.path)/logs", zone: .fixed(0), budget: 10).read()
        #expect(little.log.outcomes.isEmpty)
    }

    @Test func nothingMakesItTrap() throws {
        var generator = SeededGenerator(4)
        let bytes = try bytes("failure")
        for _ in 0..<150 {
            var log = RenewalLog(zone: .local)
            log.read(generator.damaged(Array(bytes.prefix(6000))), file: "f")
        }
    }
}
