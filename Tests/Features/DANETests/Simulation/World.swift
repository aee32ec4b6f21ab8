import StewardCertificates
import StewardDANE
import StewardDNS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model of everything around Steward: a primary and secondaries, services, certbot, other writers; time in real seconds.
struct World {
    /// One TLSA RRset as it was at some time.
    struct Version: Hashable {
        var id: Int
        var records: [TLSA]
        var ttl: UInt32
    }

    struct Server {
        var name: String
        /// By owner.
        var sets: [DomainName: Version] = [:]
        /// Answers nobody until then.
        var deadUntil = 0.0
        /// Takes no transfer until then.
        var stuckUntil = 0.0
        /// How long a transfer takes.
        var delay = 0.0
        /// When the transfer that is under way arrives.
        var arrives: Double?
    }

    struct Endpoint {
        var service: Service
        var address: String
        var serving: Credential?
        var unreachableUntil = 0.0
        /// Reloads do nothing until then.
        var deafUntil = 0.0
        /// When a reload takes effect.
        var reloads: Double?
        var reloadDelay = 0.0
    }

    var random: Seeded
    var policy: RolloverPolicy
    var now = 0.0
    /// What Steward's clock says is `now` + this.
    var clockError = 0.0
    var boot = 0
    var hasUptime = true
    var negativeTTL: UInt32 = 600
    /// Whether the clock was set or the machine started since the last look.
    var wasTouched = false

    var servers: [Server]
    var endpoints: [Endpoint]
    var file: Credential?
    var lineage: Credential
    var archive: [Credential] = []
    var keepsArchive = true
    var staged: StagedKey?
    var stagedNumber = 0
    var issued: Credential?
    var security = Resolution.Security.secure
    var securityUntil = 0.0
    var days = 20.0
    var lastNumber = 1
    var lastVersion = 0
    var foreign: [DomainName: Set<TLSA>] = [:]

    /// What Steward has on disk.
    var disk: RolloverState
    var step: (RolloverState, Observation, RolloverPolicy) -> RolloverStep = Rollover.step
    var ledger = Ledger()
    var trace: [String] = []
    var keepsTrace = false

    var owners: [DomainName] {
        Array(Set(policy.services.compactMap(\.owner))).sorted { $0.description < $1.description }
    }
    var date: Date { Simulated.date(now + clockError) }

    mutating func note(_ text: String) {
        if keepsTrace {
            trace.append("\((now / 36).rounded() / 100) h: \(text)")
        }
    }

    /// A world at rest: the first certificate is deployed, served and published, unless `isNew`.
    init(
        seed: UInt64, services: [Service], forms: [RecordForm] = [.recommended], mode: RolloverPolicy.Mode = .late,
        settle: Double = 72 * 3600, ttl: UInt32 = 3600, secondaries: Int = 2, isNew: Bool = false
    ) {
        random = Seeded(seed)
        policy = RolloverPolicy(
            zone: DomainName("example.") ?? .root, services: services, mode: mode, forms: forms, ttl: ttl,
            settle: settle,
            reserve: 86_400 * 2, interval: 4 * 3600)
        lineage = Simulated.credential(key: 1, certificate: 1, from: 0, days: 20, forms: forms)
        servers = (0...secondaries).map { Server(name: "ns\($0).example", delay: $0 == 0 ? 0 : 20) }
        endpoints = services.flatMap { service in
            ["192.0.2.1", "2001:db8::1"].prefix(seed % 2 == 0 ? 1 : 2).map { Endpoint(service: service, address: $0) }
        }
        disk = RolloverState(since: Simulated.date(0))
        for index in endpoints.indices { endpoints[index].serving = lineage }
        guard !isNew else { return }
        file = lineage
        for owner in owners {
            let records = lineage.records
            change(owner) { _ in records }
            for index in servers.indices { servers[index].sets[owner] = servers[0].sets[owner] }
        }
        for index in servers.indices { servers[index].arrives = nil }
    }

    /// Changes the primary's set of `owner`; the secondaries hear of it.
    mutating func change(_ owner: DomainName, ttl: UInt32? = nil, _ body: ([TLSA]) -> [TLSA]) {
        let before = servers[0].sets[owner]
        defer {
            note(
                "version \(lastVersion) at \(owner): \(servers[0].sets[owner]?.records.map { String($0.hex.prefix(4)) } ?? [])"
            )
        }
        let records = body(before?.records ?? [])
        lastVersion += 1
        servers[0].sets[owner] =
            records.isEmpty ? nil : Version(id: lastVersion, records: records, ttl: ttl ?? before?.ttl ?? policy.ttl)
        for index in servers.indices.dropFirst() {
            servers[index].arrives = now + servers[index].delay
        }
    }

    /// Lets time pass until `end`, looking at what holds at each moment at which something changes.
    mutating func pass(until end: Double) {
        while true {
            let moments =
                servers.flatMap { [$0.deadUntil, $0.stuckUntil, $0.arrives ?? 0] } + endpoints.compactMap(\.reloads)
            let next = min(end, moments.filter { $0 > now }.min() ?? end)
            look()
            now = next
            settleTransfers()
            for index in endpoints.indices {
                if let moment = endpoints[index].reloads, moment <= now {
                    endpoints[index].reloads = nil
                    if endpoints[index].deafUntil <= now { endpoints[index].serving = file ?? endpoints[index].serving }
                }
            }
            if securityUntil <= now { security = .secure }
            look()
            if now >= end { return }
        }
    }

    private mutating func settleTransfers() {
        for index in servers.indices.dropFirst() {
            guard let moment = servers[index].arrives, moment <= now, servers[index].stuckUntil <= now else { continue }
            // A server that was dead asks for the zone before it answers.
            guard servers[index].deadUntil <= now, servers[0].deadUntil <= now else { continue }
            servers[index].sets = servers[0].sets
            note("\(servers[index].name) is up to date")
            servers[index].arrives = nil
        }
    }

    /// Certificates live for 90 days.
    mutating func lengthen() {
        days = 90
        let old = lineage
        lineage.notAfter = Simulated.date(90 * 86_400)
        if file == old { file = lineage }
        for index in endpoints.indices where endpoints[index].serving == old { endpoints[index].serving = lineage }
    }

    mutating func reload() {
        for index in endpoints.indices { endpoints[index].reloads = now + endpoints[index].reloadDelay }
    }

    /// certbot renews.
    mutating func renew(sameKey: Bool) {
        lastNumber += 1
        let key = sameKey ? nil : lastNumber
        let old = lineage
        archive.append(old)
        lineage = Simulated.credential(
            key: key ?? number(old), certificate: lastNumber, from: now, days: days, forms: policy.forms)
        note("certbot renews: \(lineage.label) certificate \(lastNumber)")
    }

    func number(_ credential: Credential) -> Int {
        credential.spki.bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
