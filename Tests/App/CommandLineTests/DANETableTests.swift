import Foundation
import StewardAPI
import Testing

@testable import StewardCommandLine

@Suite struct DANETableTests {
    private func service(_ change: (inout DANEService) -> Void = { _ in }) -> DANEService {
        var service = DANEService(
            service: "mail.example:25 smtp", deployment: "mail.example", state: "settling",
            owner: "_25._tcp.mail.example.")
        service.dnssec = "secure"
        service.next = "deploys in 2 d"
        change(&service)
        return service
    }

    private func record(_ key: String?, _ servers: Int = 2, own: Bool = true) -> DANERecord {
        DANERecord(data: "3 1 1 ab", key: key, own: own, servers: servers, of: 2)
    }

    private func endpoint(_ key: String?, _ matches: String?, failure: String? = nil) -> DANEServed {
        DANEServed(address: "192.0.2.1", key: key, spki: nil, matches: matches, failure: failure)
    }

    @Test func aRowIsThatOfTheGuide() {
        let row = DANETable.row(
            service {
                $0.tlsa = [record("K2"), record("K1")]
                $0.served = [endpoint("K1", "3 1 1")]
            })
        #expect(row == ["mail.example:25 smtp", "settling", "K1 + K2", "K1 (3 1 1)", "secure", "deploys in 2 d"])
    }

    @Test func aRecordThatANameServerLacksIsCounted() {
        #expect(DANETable.tlsa(service { $0.tlsa = [record("K1"), record("K2", 1)] }) == "K1 + K2 (1 of 2)")
    }

    @Test func foreignRecordsAreCountedAndNoneIsSaid() {
        #expect(DANETable.tlsa(service { $0.tlsa = [record("K1"), record(nil), record(nil)] }) == "K1 + 2 foreign")
        #expect(DANETable.tlsa(service()) == "none")
    }

    @Test func aKeyWithoutARecordIsNamedAsSuch() {
        #expect(DANETable.served(service { $0.served = [endpoint("K1", nil)] }) == "K1 (no record)")
        #expect(DANETable.served(service { $0.served = [endpoint(nil, nil)] }) == "another key (no record)")
    }

    @Test func addressesThatPresentAlikeStandOnce() {
        let both = service { $0.served = [endpoint("K1", "3 1 1"), endpoint("K1", "3 1 1")] }
        #expect(DANETable.served(both) == "K1 (3 1 1)")
        let half = service { $0.served = [endpoint("K1", "3 1 1"), endpoint(nil, nil, failure: "refused")] }
        #expect(DANETable.served(half) == "K1 (3 1 1), 1 of 2 unreachable")
        #expect(DANETable.served(service { $0.served = [endpoint(nil, nil, failure: "refused")] }) == "unreachable")
    }

    @Test func anAlarmMarksTheStateAndIsToldOnceForItsDeployment() {
        let hold = DANEHold(code: "server-behind", text: "ns2 lags.", since: "2026-01-01T00:00:00Z", alarm: true)
        let held = service { $0.holds = [hold] }
        #expect(DANETable.row(held)[1] == "settling, held")
        let status = DANEStatus(
            at: "2026-01-01T00:00:00Z", loop: nil, services: [held, held],
            findings: [DANEFinding(code: "a", severity: "warning", text: "Beware.", deployment: "mail.example")])
        #expect(
            DANETable.remarks(status) == ["problem: mail.example: ns2 lags.", "warning: mail.example: Beware."])
    }

    @Test func everyFieldOfAServiceIsWritten() throws {
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(service())) as? [String: Any]
        let keys = [
            "deployment", "dnssec", "dnssec_reason", "holds", "keys", "next", "next_at", "owner", "served", "service",
            "signed_until", "since", "state", "tlsa",
        ]
        #expect(json?.keys.sorted() == keys)
    }

    @Test func aPlanShowsItsChangesAndWhyItWaits() {
        let entry = DANEPlan.Entry(
            deployment: "mail.example", state: "steady", action: "publish",
            changes: ["+ _25._tcp.mail.example. 3600 IN TLSA 3 1 1 ab"], place: "UPDATE to 192.0.2.1:53",
            text: "publishes the new record", nextAt: "2026-01-01T00:00:00Z",
            holds: [
                DANEHold(code: "server-silent", text: "ns2 is silent.", since: "2026-01-01T00:00:00Z", alarm: false)
            ])
        #expect(
            DANEPlanCommand.lines(entry) == [
                "mail.example: steady", "  publishes the new record",
                "  now: publish these records (UPDATE to 192.0.2.1:53)",
                "    + _25._tcp.mail.example. 3600 IN TLSA 3 1 1 ab",
                "  looks again at 2026-01-01T00:00:00Z at the latest",
                "  waiting: ns2 is silent. (server-silent, since 2026-01-01T00:00:00Z)",
            ])
    }

    @Test func aCheckSaysWhatASenderDoes() {
        let report = DANEReport(
            domain: "example", verdict: "defer",
            services: [
                DANEReportService(
                    host: "mail.example", port: 25, protocol: "smtp", preference: 10, outcome: "fails", policy: "dane",
                    addresses: "secure",
                    tlsa: DANEReportRecords(
                        owner: "_25._tcp.mail.example.", security: "secure", ttl: 3600,
                        records: [
                            DANEReportRecord(
                                record: "3 1 1 abcd", standing: "malformed", reason: "too short", isServed: false)
                        ]),
                    endpoints: [
                        DANEReportEndpoint(
                            address: "192.0.2.1", state: "failed", reason: "no match", seconds: 0, served: [])
                    ],
                    nameServers: [
                        DANEReportServer(
                            name: "ns1.example.", address: "192.0.2.53:53", failure: nil, serial: 7,
                            records: ["3 1 1 abcd"], ttl: 3600, signedUntil: nil)
                    ])
            ],
            findings: [
                DANEReportFinding(
                    code: "no-match", text: "No record matches.", effect: "defers", severity: "problem",
                    place: "192.0.2.1")
            ])
        #expect(
            DANECheckText.lines(report) == [
                "example: defer: a sender that enforces DANE keeps the mail, and returns it after days",
                "  MX 10 mail.example:25 smtp: fails (addresses secure)",
                "    TLSA _25._tcp.mail.example. secure, TTL 3600 s",
                "      3 1 1 abcd  malformed, not served: too short", "    192.0.2.1: failed: no match",
                "    name server ns1.example. at 192.0.2.53:53: 1 record, TTL 3600 s, serial 7",
                "  problem no-match: No record matches.",
                "    a sender that enforces DANE: keeps the mail and tries again later",
            ])
    }
}
