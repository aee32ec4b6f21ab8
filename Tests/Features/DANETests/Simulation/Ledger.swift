import StewardCertificates
import StewardDANE
import StewardDNS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Checks at every instant that no served key is without a record, on any name server that answers and in any cache that
/// may be believed.
struct Ledger {
    private struct Known {
        var version: World.Version
        var owner: DomainName
        var lastServed: Double
    }

    /// For how long after its TTL a resolver goes on with expired answers, in seconds.
    var stale = 0.0
    /// What was found.
    var violations: [String] = []
    /// What a second writer or a hand did, by key and version: nothing that Steward could have prevented.
    private var excused: Set<String> = []
    private var seen: [Int: Known] = [:]

    /// For how long a set of this TTL is believed: a resolver's answer may be kept as long again by who asked it, and both count
    /// whole seconds; Postfix adds up to three to a TTL of nothing.
    private static func life(_ ttl: Double) -> Double { max(2 * ttl, ttl + 4) }

    /// Looks at the world as it is now.
    mutating func see(_ world: World) {
        for server in world.servers where server.deadUntil <= world.now {
            for (owner, version) in server.sets {
                seen[version.id] = Known(version: version, owner: owner, lastServed: world.now)
            }
        }
        seen = seen.filter { world.now <= $0.value.lastServed + Self.life(Double($0.value.version.ttl)) + stale }
        for endpoint in world.endpoints where endpoint.unreachableUntil <= world.now {
            guard let served = endpoint.serving, let owner = endpoint.service.owner else { continue }
            check(served, at: endpoint.label, owner, world.now)
        }
    }

    private mutating func check(_ served: Credential, at place: String, _ owner: DomainName, _ now: Double) {
        for (id, known) in seen where known.owner == owner {
            if Coverage.matches(known.version.records, served.records) { continue }
            guard excused.insert("\(served.spki) \(id)").inserted else { continue }
            violations.append(
                "\(Wording.span(now)): \(place) serves \(served.label), and version \(id) of \(owner), last served \(Wording.span(now - known.lastServed)) ago, has no record for it"
            )
        }
    }

    /// Everything that is without a record now is somebody else's doing.
    mutating func excuse(_ world: World) {
        let before = violations
        see(world)
        // Also what is served where nobody can see it, and what a service may read from the file at any time.
        for endpoint in world.endpoints {
            guard let owner = endpoint.service.owner else { continue }
            for credential in [endpoint.serving, world.file].compactMap(\.self) {
                check(credential, at: endpoint.label, owner, world.now)
            }
        }
        violations = before
    }
}

extension World.Endpoint {
    var label: String { "\(service) at \(address)" }
}

extension World {
    /// Checks the rule as things are now.
    mutating func look() {
        var ledger = ledger
        ledger.see(self)
        for text in ledger.violations.dropFirst(self.ledger.violations.count) { note("VIOLATION \(text)") }
        self.ledger = ledger
    }

    /// Whatever is without a record now is somebody else's doing.
    mutating func excuse() {
        var ledger = ledger
        ledger.excuse(self)
        self.ledger = ledger
    }
}
