import Foundation
import StewardDNS
import StewardProbe
import Testing

@testable import StewardDANE

/// What is said about name servers that don't agree with each other, the resolver, or what is served.
@Suite struct ServerFindingsTests {
    private let owner = DomainName("_25._tcp.mx.example") ?? .root
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let record = TLSA(usage: 3, selector: 1, matching: 1, bytes: .init(repeating: 1, count: 32))
    private let other = TLSA(usage: 3, selector: 1, matching: 1, bytes: .init(repeating: 2, count: 32))

    private func view(
        _ address: String, _ records: [TLSA], ttl: UInt32 = 3600, days: Double? = 10, serial: UInt32 = 1
    ) -> ServerView {
        ServerView(
            name: "ns.example", server: NameServer(address), serial: serial,
            sets: [
                owner: ServerView.SetView(
                    records: records, ttl: ttl, signedUntil: days.map { now.addingTimeInterval($0 * 86_400) })
            ])
    }

    private func codes(_ servers: [ServerView], failure: String? = nil) throws -> [String] {
        let host = try #require(DomainName("mx.example"))
        var service = CheckedService(
            service: Service(host: host, port: 25, dialect: .smtp), preference: 10, base: host,
            addressSecurity: .secure,
            recordSecurity: .secure, records: RecordJudge.judge([record], isSMTP: true), ttl: 3600, policy: .dane)
        service.endpoints = [
            CheckedEndpoint(
                address: "127.0.0.1", state: .authenticated,
                served: [
                    CheckedEndpoint.Served(
                        name: "mx.example", chain: [[0x30]], match: .matched(record: record, depth: 0), version: .tls13,
                        cipher: "")
                ])
        ]
        return ServerFindings(
            views: ZoneViews(zone: DomainName("example"), servers: servers, failure: failure), owner: owner,
            service: service, names: [host], isSMTP: true, reserve: 2 * 86_400, now: now
        ).all.map(\.code)
    }

    @Test func serversThatAgreeGiveNoFinding() throws {
        #expect(try codes([view("192.0.2.1", [record]), view("192.0.2.2", [record])]) == [])
    }

    @Test func aServerWithoutTheRecordIsTold() throws {
        #expect(try codes([view("192.0.2.1", [record]), view("192.0.2.2", [])]) == ["server-lacks-records"])
    }

    @Test func aServerWithOtherRecordsIsTold() throws {
        #expect(try codes([view("192.0.2.1", [record]), view("192.0.2.2", [other])]) == ["server-differs"])
    }

    @Test func ttlsAndSerialsThatDifferAreTold() throws {
        let servers = [view("192.0.2.1", [record]), view("192.0.2.2", [record], ttl: 60, serial: 2)]
        #expect(try codes(servers) == ["server-ttl-differs", "server-serial-differs"])
    }

    @Test(arguments: [(-1.0, "signature-expired"), (1.0, "signature-ending"), (nil, "signature-missing")])
    func signaturesAreTold(_ days: Double?, _ code: String) throws {
        #expect(try codes([view("192.0.2.1", [record], days: days)]) == [code])
    }

    @Test func silentAndLameServersAreTold() throws {
        let silent = ServerView(name: "ns", server: NameServer("192.0.2.1"), failure: "nothing came within 2 s")
        var lame = silent
        lame.isLame = true
        #expect(try codes([silent]) == ["server-silent"])
        #expect(try codes([lame]) == ["server-lame"])
        #expect(try codes([], failure: "no SOA") == ["servers-unknown"])
    }
}
