import Foundation
import Logging
import StewardAPI
import StewardCore
import StewardHelper
import Testing

@testable import StewardServer

@Suite struct DANEWatchTests {
    private func status(
        _ state: String, holds: [DANEHold] = [], matches: String? = "3 1 1"
    ) -> DANEStatus {
        var service = DANEService(
            service: "mail.example:25 smtp", deployment: "mail.example", state: state, owner: "_25._tcp.mail.example.")
        service.served = [DANEServed(address: "192.0.2.1", key: "K1", spki: nil, matches: matches, failure: nil)]
        service.holds = holds
        service.next = "waits"
        service.nextAt = "2026-01-01T01:00:00Z"
        service.signedUntil = "2026-01-03T00:00:00Z"
        return DANEStatus(at: "2026-01-01T00:00:00Z", loop: nil, services: [service], findings: [])
    }

    private let hold = DANEHold(code: "zone-bogus", text: "Bogus.", since: "2026-01-01T00:00:00Z", alarm: true)

    @Test func theFirstLookIsSummedUp() {
        var watch = DANEWatch()
        #expect(watch.see(status("steady")).map(\.message) == ["1 service with TLSA records: 1 steady."])
        #expect(watch.see(status("steady")).isEmpty)
    }

    @Test func anotherRestIsTold() {
        var watch = DANEWatch()
        _ = watch.see(status("steady"))
        let events = watch.see(status("settling"))
        #expect(events.map(\.code) == ["dane-state"])
        #expect(events.first?.message == "mail.example was steady and is settling: waits")
    }

    @Test func anAlarmIsToldOnceAndItsEndToo() {
        var watch = DANEWatch()
        _ = watch.see(status("steady"))
        #expect(watch.see(status("steady", holds: [hold])).map(\.level) == [.error])
        #expect(watch.problemCount == 1)
        #expect(watch.see(status("steady", holds: [hold])).isEmpty)
        #expect(watch.see(status("steady")).map(\.message) == ["No longer so: mail.example: Bogus."])
        #expect(watch.problemCount == 0)
    }

    @Test func aServedKeyWithoutARecordIsAProblem() {
        var watch = DANEWatch()
        #expect(watch.see(status("steady", matches: nil)).last?.code == "dane-mismatch")
        #expect(watch.problemCount == 1)
    }

    @Test func gaugesAreInSecondsFromNow() {
        let now = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01T00:00:00Z
        #expect(DANEGauges.next(status("steady"), now: now).map(\.1) == [3600])
        #expect(DANEGauges.signatures(status("steady"), now: now).map(\.1) == [172_800])
        #expect(
            DANEGauges.holds(status("steady", holds: [hold])).map(\.0) == [["mail.example", "zone-bogus", "true"]])
        #expect(DANEGauges.next(nil, now: now).isEmpty)
    }

    private func question(_ action: DANEAction, query: String? = nil, body: String? = nil) -> DANEQuestion {
        DANEQuestion(action: action, query: query, body: body.map { Array($0.utf8) }, actor: "ops", trace: "t1")
    }

    @Test func requestsBecomeVerbs() throws {
        #expect(try question(.status, query: "max_age=5").request().maxAge == 5)
        #expect(try question(.status).request().maxAge == 60)
        #expect(try question(.plan).request().verb == .danePlan)
        #expect(try question(.advance).request().name == nil)
        let rollover = try question(.rollover, body: #"{"deployment":"mail.example","request":"compromised"}"#)
            .request()
        #expect((rollover.verb, rollover.name, rollover.request) == (.daneRollover, "mail.example", "compromised"))
        #expect(try HelperRequest(json: rollover.frame.payload) == rollover)
    }

    @Test(arguments: ["", "{}", "[]", #"{"deployment":"x"}"#, #"{"deployment":"x","request":"tomorrow"}"#])
    func aRolloverWithoutAllThatItNeedsIsRefused(body: String) {
        let problem = #expect(throws: Problem.self) { try question(.rollover, body: body).request() }
        #expect(problem?.status == 400)
    }

    @Test(arguments: ["max_age=-1", "max_age=x", "max_age=86401"]) func aStrangeAgeIsRefused(query: String) {
        #expect(throws: Problem.self) { try question(.status, query: query).request() }
    }
}
