import Logging
import StewardAPI
import Testing

@testable import StewardServer

@Suite struct CertificateWatchTests {
    private func list(
        _ lineages: [CertificateLineage], findings: [CertificateFinding] = [], quarantined: [QuarantinedItem] = []
    ) -> CertificateList {
        CertificateList(
            at: "2026-01-01T00:00:00Z", trees: [], lineages: lineages, orphans: [], unread: [], findings: findings,
            looked: [], quarantined: quarantined)
    }

    private func lineage(_ name: String, _ state: String = "used", days: Int = 60, print: String = "aa")
        -> CertificateLineage
    {
        var lineage = CertificateLineage(name: name, tree: "/t", state: state)
        lineage.daysLeft = days
        lineage.fingerprint = print
        return lineage
    }

    private func taken(_ uses: [CertificateUse]) -> QuarantinedItem {
        QuarantinedItem(id: "1", name: "old", tree: "/t", since: "2026-01-01T00:00:00Z", size: 1, usedBy: uses)
    }

    @Test func theFirstLookTellsTheSumAndWhatIsWrongNow() {
        var watch = CertificateWatch(warnDays: 14)
        let events = watch.see(list([lineage("a"), lineage("b", days: 13), lineage("c", "unused", days: 2)]))
        #expect(events.map(\.code) == ["certificates", "certificate-expires"])
        #expect(events.last?.lineage == "b")
        #expect(watch.problemCount == 1)
    }

    @Test func theDayOfTheLimitIsNoProblemYet() {
        var watch = CertificateWatch(warnDays: 14)
        #expect(watch.see(list([lineage("a", days: 14)])).map(\.code) == ["certificates"])
    }

    @Test func theSameLookAgainTellsNothing() {
        var watch = CertificateWatch(warnDays: 14)
        let look = list([lineage("a", days: 3)])
        _ = watch.see(look)
        #expect(watch.see(look).isEmpty)
    }

    @Test func arrivalsDeparturesRenewalsAndStatesAreTold() {
        var watch = CertificateWatch(warnDays: 14)
        _ = watch.see(list([lineage("a"), lineage("b"), lineage("c")]))
        let events = watch.see(list([lineage("a", print: "bb"), lineage("b", "unused"), lineage("d")]))
        #expect(
            events.map { "\($0.code) \($0.lineage ?? "")" } == [
                "certificate-renewed a", "certificate-state b", "certificate-new d", "certificate-gone c",
            ])
    }

    @Test func aProblemOfAUsedLineageIsToldOnceAndItsEndToo() {
        var watch = CertificateWatch(warnDays: 14)
        _ = watch.see(list([lineage("a")]))
        var broken = lineage("a")
        broken.findings = [
            CertificateFinding(code: "renewal-failing", severity: "problem", text: "It failed.", path: nil)
        ]
        #expect(watch.see(list([broken])).map(\.code) == ["certificate-renewal-failing"])
        let mended = watch.see(list([lineage("a")]))
        #expect(mended.map(\.message) == ["No longer so: It failed."] && mended[0].level == .notice)
    }

    @Test func whatIsWrongWithALineageThatNothingUsesCanWait() {
        var watch = CertificateWatch(warnDays: 14)
        var unused = lineage("a", "unused", days: -3)
        unused.findings = [CertificateFinding(code: "key-mismatch", severity: "problem", text: "No.", path: nil)]
        #expect(watch.see(list([unused])).map(\.code) == ["certificates"])
    }

    @Test func aForgottenReloadIsAnError() {
        var watch = CertificateWatch(warnDays: 14)
        let stale = CertificateFinding(
            code: "stale-served", severity: "problem", text: "Reload nginx (pid 7).", path: nil)
        let event = watch.see(list([], findings: [stale])).last
        #expect(event?.code == "certificate-stale-served" && event?.level == .error)
    }

    @Test func aQuarantinedLineageInUseIsOneError() {
        var watch = CertificateWatch(warnDays: 14)
        _ = watch.see(list([], quarantined: [taken([])]))
        let use = CertificateUse(kind: "nginx", place: "/etc/nginx/nginx.conf:4", detail: "")
        let told = CertificateFinding(code: "quarantined-in-use", severity: "problem", text: "old", path: nil)
        let events = watch.see(list([], findings: [told], quarantined: [taken([use])]))
        #expect(events.map(\.code) == ["certificate-quarantined-in-use"])
        #expect(events.first?.lineage == "old" && events.first?.level == .error)
    }

    @Test func lineagesOfOneNameInTwoTreesAreTwo() {
        var watch = CertificateWatch(warnDays: 14)
        var other = lineage("a")
        other.tree = "/u"
        _ = watch.see(list([lineage("a"), other]))
        #expect(watch.see(list([lineage("a")])).map(\.tree) == ["/u"])
    }
}
