import Foundation
import StewardDNS
import StewardProbe
import Testing

@testable import StewardDANE

/// The whole check against real servers on loopback, with a resolver whose answers are written down.
@Suite(.serialized) struct CheckerTests {
    private let good = DeployAuthority.shared.issue(["mx1.example"])
    private let other = DeployAuthority.shared.issue(["mx2.example"])

    private func record(
        _ issued: (key: String, cert: String, chain: String), _ form: RecordForm = .recommended
    ) throws -> TLSA {
        try RecordSource(Array((issued.cert + issued.chain).utf8)).record(form).record
    }

    private func server(_ addresses: [String] = ["127.0.0.1"], starttls: Bool = true) throws -> MailServer {
        try MailServer { folder in
            let bundle = try folder.bundle("good.pem", good)
            return addresses.map { MailServer.Host(address: $0, bundles: [bundle], starttls: starttls) }
        }
    }

    private func checker(_ zone: TestZone, _ port: Int, _ zones: (any ZoneAsking)? = nil) throws -> Checker {
        var options = Checker.Options()
        options.port = port
        let limits = ProbeLimits(connect: .seconds(2), dialogue: .seconds(5), handshake: .seconds(5))
        return Checker(resolver: zone, prober: try Prober(limits: limits), zones: zones, options: options)
    }

    private func check(_ zone: TestZone, _ port: Int, _ zones: (any ZoneAsking)? = nil) async throws -> CheckReport {
        try await checker(zone, port, zones).check(domain: try #require(DomainName("example")))
    }

    /// A domain whose one MX is at `addresses` with these records.
    private func zone(_ port: Int, at addresses: [String] = ["127.0.0.1"], _ records: [TLSA]) -> TestZone {
        var zone = TestZone()
        zone.mx("example", [(10, "mx1.example")])
        zone.a("mx1.example", addresses)
        zone.tlsa("mx1.example", port: port, records)
        return zone
    }

    private func codes(_ report: CheckReport) -> Set<String> { Set(report.findings.map(\.code)) }

    @Test func aServedKeyThatIsPublishedIsDeliveredTo() async throws {
        let server = try server(["127.0.0.1", "127.0.0.2"])
        let report = try await check(zone(server.port, at: ["127.0.0.1", "127.0.0.2"], [record(good)]), server.port)
        #expect(report.verdict == .deliver)
        #expect(report.findings.isEmpty, "\(report.findings)")
        #expect(report.services.first?.endpoints.map(\.state) == [.authenticated, .authenticated])
        #expect(
            report.services.first?.endpoints.first?.served.first?.match == .matched(record: try record(good), depth: 0))
    }

    @Test func aServedKeyThatIsNotPublishedDefers() async throws {
        let server = try server()
        let report = try await check(zone(server.port, [record(other)]), server.port)
        #expect(report.verdict == .defer)
        #expect(codes(report) == ["no-match", "record-stale"])
        #expect(report.findings.first?.effect == .defers, "no other MX is left")
        #expect(report.hasProblem)
    }

    @Test func aSecondMXThatWorksHidesABrokenFirstOne() async throws {
        let server = try MailServer { folder in
            [
                MailServer.Host(address: "127.0.0.1", bundles: [try folder.bundle("one.pem", other)]),
                MailServer.Host(address: "127.0.0.2", bundles: [try folder.bundle("two.pem", good)]),
            ]
        }
        var zone = zone(server.port, [try record(good)])
        zone.mx("example", [(20, "mx2.example"), (10, "mx1.example")])
        zone.a("mx2.example", ["127.0.0.2"])
        zone.tlsa("mx2.example", port: server.port, [try record(good)])
        let report = try await check(zone, server.port)
        #expect(report.verdict == .partial)
        #expect(report.services.map(\.service.host.host) == ["mx1.example", "mx2.example"])
        #expect(report.services.map(\.outcome) == [.fails, .delivers])
        #expect(report.findings.first { $0.code == "no-match" }?.effect == .nextMX)
    }

    @Test func oneBrokenAddressMakesItPartial() async throws {
        let server = try server(["127.0.0.1"])
        let report = try await check(zone(server.port, at: ["127.0.0.1", "127.0.0.3"], [record(good)]), server.port)
        #expect(report.verdict == .partial)
        #expect(codes(report) == ["unreachable"])
        #expect(report.services.first?.endpoints.map(\.state) == [.authenticated, .failed])
    }

    @Test(.enabled(if: IPv6.isThere, "there is no IPv6")) func anIPv6AddressWithAnotherKeyIsNamed() async throws {
        let server = try MailServer { folder in
            [
                MailServer.Host(address: "127.0.0.1", bundles: [try folder.bundle("good.pem", good)]),
                MailServer.Host(address: "::1", bundles: [try folder.bundle("other.pem", other)]),
            ]
        }
        let report = try await check(zone(server.port, at: ["127.0.0.1", "::1"], [record(good)]), server.port)
        #expect(report.verdict == .partial)
        #expect(report.services.first?.endpoints.map(\.address) == ["127.0.0.1", "::1"])
        #expect(report.services.first?.endpoints.map(\.state) == [.authenticated, .failed])
        #expect(report.findings.first { $0.code == "no-match" }?.place == "[::1]:\(server.port)")
        let both = try await check(
            zone(server.port, at: ["::1", "127.0.0.1"], [record(good), record(other)]), server.port)
        #expect(both.verdict == .deliver)
    }

    @Test func recordsWithoutSTARTTLSDefer() async throws {
        let server = try server(starttls: false)
        let report = try await check(zone(server.port, [record(good)]), server.port)
        #expect(report.verdict == .defer)
        #expect(codes(report) == ["no-starttls"])
    }

    @Test func withoutRecordsSTARTTLSIsOptional() async throws {
        let server = try server(starttls: false)
        let report = try await check(zone(server.port, []), server.port)
        #expect(report.verdict == .insecure)
        #expect(report.findings.first { $0.code == "no-starttls" }?.effect == .unauthenticated)
        #expect(codes(report) == ["no-starttls", "no-tlsa"])
    }

    @Test func unusableRecordsStillDemandTLS() async throws {
        let damaged = TLSA(usage: 3, selector: 1, matching: 1, bytes: [0xab, 0xcd])
        let with = try server()
        let encrypted = try await check(zone(with.port, [damaged]), with.port)
        #expect(encrypted.verdict == .insecure)
        #expect(codes(encrypted) == ["no-usable-record", "record-malformed"])
        let without = try server(starttls: false)
        let clear = try await check(zone(without.port, [damaged]), without.port)
        #expect(clear.verdict == .defer)
    }

    @Test func bogusRecordsDeferWithoutAConnection() async throws {
        var zone = zone(1, [])
        zone.tlsa("mx1.example", port: 1, [], .bogus("signature expired"))
        let report = try await check(zone, 1)
        #expect(report.verdict == .defer)
        #expect(codes(report) == ["tlsa-bogus"])
        #expect(report.findings.first?.text.contains("signature expired") == true)
        #expect(report.services.first?.policy == .unavailable)
        #expect(report.services.first?.endpoints.isEmpty == true)
    }

    @Test func failedLookUpsDefer() async throws {
        var records = zone(1, [])
        records.tlsa("mx1.example", port: 1, [], .failed("SERVFAIL"))
        #expect(codes(try await check(records, 1)) == ["tlsa-lookup-failed"])
        var route = TestZone()
        route.set("example", .mx, .failed("SERVFAIL"))
        #expect(codes(try await check(route, 1)) == ["mx-lookup-failed"])
        var bogus = TestZone()
        bogus.set("example", .mx, .bogus("no DNSKEY"))
        #expect(codes(try await check(bogus, 1)) == ["mx-bogus"])
        var addresses = zone(1, [])
        addresses.set("mx1.example", .a, .failed("SERVFAIL"))
        #expect(codes(try await check(addresses, 1)) == ["address-lookup-failed"])
    }

    @Test func aNullMXTakesNoMail() async throws {
        var zone = TestZone()
        zone.mx("example", [(0, ".")])
        let report = try await check(zone, 1)
        #expect(codes(report) == ["null-mx"])
        #expect(!report.hasProblem)
    }

    @Test func aDomainThatDoesNotExistIsNotDeliveredTo() async throws {
        var zone = TestZone()
        zone.set("example", .mx, code: 3)
        #expect(codes(try await check(zone, 1)) == ["no-such-domain"])
    }

    @Test func withoutMXTheDomainItselfIsTheHost() async throws {
        let server = try server()
        var zone = TestZone()
        zone.a("example", ["127.0.0.1"])
        zone.tlsa("example", port: server.port, [try record(good)])
        let report = try await check(zone, server.port)
        #expect(report.verdict == .deliver)
        #expect(codes(report) == ["mx-implicit"])
    }

    @Test func anUnsignedMXLeavesNothingToRelyOn() async throws {
        let server = try server()
        var zone = zone(server.port, [try record(good)])
        zone.mx("example", [(10, "mx1.example")], .insecure)
        let report = try await check(zone, server.port)
        #expect(report.verdict == .insecure)
        #expect(codes(report) == ["mx-insecure"])
        #expect(report.services.first?.outcome == .delivers, "the way to the host itself is known")
    }

    @Test func unsignedAddressesMakeRecordsWorthless() async throws {
        let server = try server()
        var zone = zone(server.port, [])
        zone.a("mx1.example", ["127.0.0.1"], .insecure)
        zone.tlsa("mx1.example", port: server.port, [try record(other)], .insecure)
        let report = try await check(zone, server.port)
        #expect(report.verdict == .insecure)
        #expect(codes(report) == ["address-insecure", "tlsa-insecure"])
    }

    @Test func recordsAreLookedForAtTheAliasTargetFirst() async throws {
        let server = try server()
        var zone = zone(server.port, [try record(other)])
        zone.a("mx1.example", ["127.0.0.1"], alias: "real.example")
        zone.tlsa("real.example", port: server.port, [try record(good)])
        let report = try await check(zone, server.port)
        #expect(report.verdict == .deliver)
        #expect(report.services.first?.base.host == "real.example")
        #expect(report.services.first?.endpoints.first?.served.first?.name == "real.example", "SNI is the base")
        #expect(codes(report) == ["mx-alias"])
    }

    @Test func recordsAtTheAliasCountWhereItsTargetHasNone() async throws {
        let server = try server()
        var zone = zone(server.port, [try record(good)])
        zone.a("mx1.example", ["127.0.0.1"], alias: "real.example")
        let report = try await check(zone, server.port)
        #expect(report.verdict == .deliver)
        #expect(report.services.first?.base.host == "mx1.example")
    }

    @Test func aSignedAliasOfAnUnsignedHostHasRecordsOfItsOwn() async throws {
        let server = try server()
        var zone = zone(server.port, [try record(good)])
        zone.a("mx1.example", ["127.0.0.1"], .insecure, alias: "host.elsewhere")
        zone.set("mx1.example", .cname, .secure, [.cname(try #require(DomainName("host.elsewhere")))])
        let report = try await check(zone, server.port)
        #expect(report.services.first?.base.host == "mx1.example")
        #expect(report.services.first?.outcome == .delivers)
    }

    @Test func bothKeysOfAServerMustMatch() async throws {
        let server = try MailServer { folder in
            let rsa = try OpenSSLBundle.rsa(in: folder)
            return [MailServer.Host(address: "127.0.0.1", bundles: [try folder.bundle("good.pem", good), rsa])]
        }
        let report = try await check(zone(server.port, [record(good)]), server.port)
        #expect(report.verdict == .defer, "a sender that prefers RSA sees the other key")
        #expect(report.services.first?.endpoints.first?.served.count == 2)
        #expect(codes(report) == ["no-match"])
    }

    @Test func anotherCertificateWithoutSNIIsTold() async throws {
        let server = try MailServer { folder in
            [
                MailServer.Host(
                    address: "127.0.0.1", bundles: [try folder.bundle("good.pem", good)],
                    bare: try folder.bundle("bare.pem", other))
            ]
        }
        let report = try await check(zone(server.port, [record(good)]), server.port)
        #expect(report.verdict == .deliver)
        #expect(codes(report) == ["no-match-without-sni"])
    }

    @Test func anAuthoritysRecordNeedsTheHostsName() async throws {
        let form = RecordForm(usage: 2, selector: 1, matching: 1)
        let right = try server()
        #expect(try await check(zone(right.port, [record(good, form)]), right.port).verdict == .deliver)
        let wrong = try MailServer { folder in
            [MailServer.Host(address: "127.0.0.1", bundles: [try folder.bundle("other.pem", other)])]
        }
        let report = try await check(zone(wrong.port, [record(good, form)]), wrong.port)
        #expect(report.verdict == .defer)
        #expect(codes(report) == ["name-mismatch"])
    }

    @Test func aServiceIsCheckedOnAnyPortAndProtocol() async throws {
        let server = try server()
        var zone = TestZone()
        zone.a("mx1.example", ["127.0.0.1"])
        zone.tlsa("mx1.example", port: server.port, [try record(good)])
        let service = try #require(Service(text: "mx1.example:\(server.port) smtp"))
        let report = try await checker(zone, server.port).check(service: service)
        #expect(report.verdict == .deliver)
        #expect(report.domain == "mx1.example")
    }
}
