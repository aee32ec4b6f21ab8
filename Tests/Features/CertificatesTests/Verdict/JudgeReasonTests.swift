import Foundation
import StewardCertificates
import Testing

@Suite struct JudgeReasonTests {
    @Test func aUsedLineageNamesItsUseWithTheConfigurationFirst() {
        let served = Evidence(.served, at: Place("127.0.0.1:25"), target: .lineage("a"), detail: "STARTTLS")
        let postfix = Evidence(
            .postfix, at: Place("/etc/postfix/main.cf", line: 27), target: .path("/t/live/a/x"),
            detail: "smtpd_tls_cert_file")
        let verdict = Facts.verdicts([Facts.lineage("a")], Facts.report([served, postfix]))["a"]
        #expect(verdict?.usedBy == [postfix, served])
        #expect(verdict?.reasons.first == "Used by postfix: /etc/postfix/main.cf:27 (smtpd_tls_cert_file).")
    }

    @Test func anUnusedOneSaysHowMuchWasLookedAtAndWhereItsNamesLead() throws {
        let names = [
            NameFacts(name: "a", resolution: .nowhere),
            NameFacts(name: "b", resolution: .elsewhere(addresses: ["192.0.2.7"])),
        ]
        let reasons = try #require(
            Facts.verdicts([Facts.lineage("a", names: ["a", "b"])], Facts.report(names: names))["a"]?.reasons)
        #expect(reasons[0] == "Nothing found in 2 places looked at.")
        #expect(reasons.contains("a no longer resolves."))
        #expect(reasons.contains("b leads to 192.0.2.7, which is not this machine."))
    }

    @Test func anUnknownOneNamesThePlaceAndKeepsWhatElseIsKnown() throws {
        let unread = [UnreadPlace("/etc/nginx/x", reason: "Permission denied")]
        let verdict = try #require(
            Facts.verdicts([Facts.lineage("a", ends: -412)], Facts.report(unread: unread))["a"])
        #expect(verdict.reasons[0] == "Could be in use: /etc/nginx/x could not be read (Permission denied).")
        #expect(
            verdict.reasons.contains { $0.hasPrefix("Its certificate expired on ") && $0.hasSuffix("412 days ago.") })
    }

    @Test func aThousandUnreadPlacesDoNotMakeAThousandSentences() {
        let unread = (0..<1000).map { UnreadPlace("/p\($0)", reason: "no") }
        let reasons = Facts.verdicts([Facts.lineage("a")], Facts.report(unread: unread))["a"]?.reasons ?? []
        #expect(reasons.count < 10 && reasons.contains("And 994 more places could not be read."))
    }

    @Test func aFreshCertificateAndAnAilingTwinArePointedOut() {
        var fresh = Facts.lineage("a")
        fresh.versions = [1]
        fresh.certificate = Facts.certificate(["a"], began: -1)
        let used = Facts.lineage("b", names: ["a"], ends: -2)
        let reasons = Facts.verdicts([fresh, used], Facts.report([Facts.path("/t/live/b/x")]))["a"]?.reasons ?? []
        #expect(reasons.contains { $0.contains("less than 7 days ago") })
        #expect(reasons.contains { $0.hasPrefix("b has the same names, is in use and no longer works") })
    }

    @Test func twoLineagesThatShowOneNameAreUnknown() {
        let verdicts = Judge.verdicts(
            inventory: Facts.inventory([Facts.lineage("a"), Facts.lineage("a", ends: -4)]), report: Facts.report(),
            now: Facts.now)
        #expect(verdicts.values.map(\.state) == [.unknown])
    }

    @Test func anUnreadPlaceInALineageMattersWhereItsCertificateIsNotKnown() {
        var lineages = [Facts.lineage("a"), Facts.lineage("b"), Facts.lineage("c")]
        lineages[1].certificate = nil
        let inventory = Facts.inventory(
            lineages, unread: ["b", "c"].map { UnreadPlace("/t/live/\($0)/cert.pem", reason: "no") })
        let verdicts = Judge.verdicts(inventory: inventory, report: Facts.report(), now: Facts.now)
        #expect(verdicts[Lineage.ID(tree: "/t", name: "a")]?.state == .unused)
        #expect(verdicts[Lineage.ID(tree: "/t", name: "b")]?.state == .unknown)
        #expect(verdicts[Lineage.ID(tree: "/t", name: "c")]?.state == .unused)
    }

    @Test func tenThousandLineagesAreJudgedQuickly() {
        let lineages = (0..<10_000).map { (number: Int) in Facts.lineage("n\(number).example", seed: number) }
        let evidence = (0..<10_000).map { Facts.path("/t/live/n\($0 * 2).example/fullchain.pem") }
        let began = ContinuousClock.now
        let verdicts = Facts.verdicts(lineages, Facts.report(evidence))
        #expect(verdicts.values.count { $0.state == .used } == 5000)
        #expect(ContinuousClock.now - began < .seconds(20))
    }
}
