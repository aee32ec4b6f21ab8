package import StewardDNS
internal import StewardProbe

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Looks at a domain or a service as a strict DANE-enforcing sender does (RFC 7672, section 2): what it looks up, whom it
/// connects to, what it compares, and what it does about everything that isn't as it should be.
package struct Checker: Sendable {
    /// How it looks.
    package struct Options: Hashable, Sendable {
        /// The port of MX hosts; another than 25 is for tests.
        package var port = 25
        /// What it calls itself in EHLO.
        package var clientName = "localhost"
        /// How many MX records are looked at.
        package var mxLimit = 20
        /// How many addresses of a host are looked at.
        package var addressLimit = 16
        /// How long signatures must hold at least, in seconds; less is told.
        package var signatureReserve: Double = 2 * 86_400
        /// Whether the name servers are asked themselves.
        package var asksServers = true

        /// The defaults.
        package init() {}
    }

    let resolver: any Resolving
    let prober: any ServiceProbing
    let zones: (any ZoneAsking)?
    let options: Options
    let now: @Sendable () -> Date

    /// A checker; `zones` nil asks no name servers themselves.
    package init(
        resolver: any Resolving, prober: any ServiceProbing, zones: (any ZoneAsking)?, options: Options = Options(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.resolver = resolver
        self.prober = prober
        self.zones = zones
        self.options = options
        self.now = now
    }

    /// Checks the way mail to `domain` takes.
    package func check(domain: DomainName) async -> CheckReport {
        let route = await route(to: domain)
        guard !route.hosts.isEmpty else {
            return CheckReport(
                domain: domain.host, verdict: .defer, services: [], findings: settled(route.findings, .defer))
        }
        let checked = await inOrder(route.hosts) { host in
            await self.check(
                Service(host: host.name, port: options.port, dialect: .smtp), preference: host.preference,
                names: route.isSecure ? [domain] : [], near: route.zone)
        }
        let services = checked.map(\.service)
        let verdict = Verdicts.of(services.map(\.outcome), isRouteSecure: route.isSecure)
        return CheckReport(
            domain: domain.host, verdict: verdict, services: services,
            findings: settled(route.findings + checked.flatMap(\.findings), verdict))
    }

    /// Checks one port of one host as a client does that was told to connect to it.
    package func check(service: Service) async -> CheckReport {
        let checked = await check(service, preference: nil, names: [], near: nil)
        let verdict = Verdicts.of([checked.service.outcome], isRouteSecure: true)
        return CheckReport(
            domain: service.host.host, verdict: verdict, services: [checked.service],
            findings: settled(checked.findings, verdict))
    }

    /// One service with what was found about it.
    struct Checked: Sendable {
        var service: CheckedService
        var findings: [CheckFinding]
    }

    /// `near` is a zone whose name servers are looked up ahead, as they mostly serve the host's records too.
    private func check(
        _ service: Service, preference: UInt16?, names: [DomainName], near: DomainName?
    ) async -> Checked {
        async let early = places(in: near.flatMap { service.host.isWithin($0) ? $0 : nil })
        var host = await lookUp(service, preference: preference)
        guard host.service.policy != .unavailable else {
            return Checked(service: host.service, findings: host.findings)
        }
        let isSMTP = service.isMailTransport
        let (owner, zone) = (host.service.recordPlace, host.zone)
        let references = [host.service.base, service.host] + names
        let judged = host.service.records, policy = host.service.policy, base = host.service.base
        let addresses = Array(host.addresses.prefix(options.addressLimit))
        async let probed = inOrder(addresses) { address in
            await self.probe(service, at: address, base: base, policy: policy, records: judged, names: references)
        }
        let views = await serverViews(of: owner, in: zone, zone == near ? await early : nil)
        host.service.endpoints = await probed.map(\.endpoint)
        host.findings += await probed.flatMap(\.findings)
        if let owner {
            host.findings += RecordJudge.findings(judged, owner: owner, isSMTP: isSMTP)
            host.findings += stale(host.service, owner)
        }
        if let views, let owner {
            host.service.zone = views.zone
            host.service.servers = views.servers
            host.findings +=
                ServerFindings(
                    views: views, owner: owner, service: host.service, names: references, isSMTP: isSMTP,
                    reserve: options.signatureReserve, now: now()
                ).all
        }
        return Checked(service: host.service, findings: host.findings)
    }

    private func places(in zone: DomainName?) async -> ZonePlaces? {
        guard options.asksServers, let zone, let zones else { return nil }
        return await zones.places(in: zone)
    }

    private func serverViews(of owner: DomainName?, in zone: DomainName?, _ ahead: ZonePlaces?) async -> ZoneViews? {
        guard options.asksServers, let owner, let zones else { return nil }
        if let ahead { return await zones.views(of: owner, at: ahead) }
        return await zones.views(of: owner, at: await places(in: zone))
    }

    /// Records that match nothing that any address presents; empty unless every address could be seen.
    private func stale(_ service: CheckedService, _ owner: DomainName) -> [CheckFinding] {
        guard !service.endpoints.isEmpty, service.endpoints.allSatisfy({ !$0.served.isEmpty }) else { return [] }
        let served = Set(service.servedRecords)
        return service.records.filter { $0.standing == .usable && !$0.isRepeated }.compactMap { judged in
            let record = judged.record
            // An authority that stands whole in its record needn't be sent.
            let isWhole = record.matching == 0 && (record.usage == 2 || record.usage == 0)
            guard !served.contains(record), !isWhole else { return nil }
            return CheckFinding(
                .recordStale, "\(owner)",
                "The record '\(RecordJudge.brief(record))' at \(owner) matches nothing that \(service.service) serves: it is the next key's, or an old one's left behind."
            )
        }
    }

    /// The findings with their effects in view of the verdict, the worst first: with no other host or address left, a
    /// sender that would go on to the next has to wait.
    private func settled(_ findings: [CheckFinding], _ verdict: CheckReport.Verdict) -> [CheckFinding] {
        var seen: Set<CheckFinding> = []
        return findings.map { finding in
            var finding = finding
            if verdict == .defer, finding.effect == .nextMX { finding.effect = .defers }
            return finding
        }.filter { seen.insert($0).inserted }.enumerated().sorted {
            $0.element.severity != $1.element.severity
                ? $0.element.severity > $1.element.severity : $0.offset < $1.offset
        }.map(\.element)
    }

    /// Runs `body` for all at once and gives the results in the items' order.
    func inOrder<Item: Sendable, Result: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async -> Result
    ) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { group in
            for (index, item) in items.enumerated() { group.addTask { (index, await body(item)) } }
            var results = [Result?](repeating: nil, count: items.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
    }
}

extension Service {
    /// Whether mail servers deliver to it (RFC 7672), rather than people's clients.
    var isMailTransport: Bool { dialect == .smtp && port != 587 }
}

/// What becomes of mail, from what becomes of it at each host.
enum Verdicts {
    /// `isRouteSecure` says whether the hosts' names may be believed.
    static func of(_ outcomes: [CheckedService.Outcome], isRouteSecure: Bool) -> CheckReport.Verdict {
        let known = outcomes.filter { $0 != .unknown }
        guard !known.isEmpty else { return .partial }
        if known.allSatisfy({ $0 == .fails }) { return .defer }
        if known.contains(where: { $0 == .fails || $0 == .partial }) { return .partial }
        if !isRouteSecure || known.allSatisfy({ $0 == .unauthenticated }) { return .insecure }
        return known.allSatisfy { $0 == .delivers } ? .deliver : .partial
    }
}
