import StewardAccess
import StewardEdge
import StewardScripts

/// What is counted of callers beyond single zones, and what the scripts ask for themselves. Confined to the edge's event loop.
final class CallerLimits {
    /// Wrong keys where a key is asked for.
    let failures: FailureLimit
    /// Keys that nobody has, where none is asked for: they may well be meant for the script alone, so nobody is refused for
    /// them, but an open zone must not tell by the thousand which keys exist.
    let guesses: FailureLimit
    /// Connections of each address.
    let connections: ConnectionLimit
    private var scripts: [String: (limits: ScriptLimits, limiter: Limiter)] = [:]
    /// The most callers that are remembered for each script with limits of its own.
    private static let scriptCapacity = 1 << 12

    init(_ settings: ServerSettings) {
        failures = FailureLimit(settings.failures)
        guesses = FailureLimit(settings.failures)
        connections = ConnectionLimit(
            most: settings.limits.connectionsPerAddress, exempt: settings.trustedProxies)
    }

    /// Takes new settings; what callers have used stays.
    func replace(_ settings: ServerSettings) {
        failures.rate = settings.failures
        guesses.rate = settings.failures
        connections.most = settings.limits.connectionsPerAddress
        connections.exempt = settings.trustedProxies
    }

    /// The limiter of a script that sets limits itself.
    func limiter(of script: Script, _ limits: ScriptLimits) -> Limiter {
        if let known = scripts[script.route] {
            if known.limits != limits {
                known.limiter.rules = LimitRules(limits)
                scripts[script.route] = (limits, known.limiter)
            }
            return known.limiter
        }
        let made = Limiter(LimitRules(limits), isScript: true, capacity: Self.scriptCapacity)
        scripts[script.route] = (limits, made)
        return made
    }

    /// All limiters of scripts, with the routes.
    var scriptLimiters: [(route: String, limiter: Limiter)] { scripts.map { ($0.key, $0.value.limiter) } }
}

extension LimitRules {
    /// The limits that a script sets itself. Its worker has checked them; one that is no rate here is none.
    init(_ limits: ScriptLimits) {
        func rate(_ kind: LimitKind) -> Rate? {
            limits.rate?[kind.rawValue].flatMap { text in try? Rate(parsing: text) }
        }
        self.init(
            rate: ByKind(key: rate(.key), address: rate(.address), route: rate(.route)),
            concurrency: ByKind(
                key: limits.concurrency?["key"], address: limits.concurrency?["address"],
                route: limits.concurrency?["route"]))
    }
}

/// Asks `ConnectionLimit` for the edge.
final class AddressGate: ConnectionGate {
    private let limit: ConnectionLimit

    init(_ limit: ConnectionLimit) { self.limit = limit }

    func entered(_ peer: String) -> Bool {
        IPAddress(peer).map { limit.open($0, now: monotonicNow()) } ?? true
    }

    func left(_ peer: String) {
        if let address = IPAddress(peer) { limit.close(address) }
    }
}
