import NIOCore
import StewardAPI
import StewardAccess
import StewardCore
import StewardEdge
import StewardScripts
import StewardTelemetry

/// Limits of callers: asked before anything that costs, and before the body is read. Local callers have none.
extension Dispatcher {
    /// Whether the zone's limits let the caller pass; answers the request if not.
    func isWithinLimits(_ journey: Journey, of zone: Zone) -> Bool {
        guard zone.limiter.isOn, let address = journey.address else { return true }
        let refusal = zone.limiter.admit(
            key: journey.caller.keyName, address: address, now: journey.exchange.started, trail: &journey.trail)
        return settle(journey, refusal, in: zone)
    }

    /// Whether the limits of the route, the zone's and the script's own, let the request pass; answers it if not.
    func isWithinLimits(_ journey: Journey, of script: Script, in zone: Zone) -> Bool {
        guard let address = journey.address else { return true }
        let now = journey.exchange.started
        if zone.limiter.isOn {
            let refusal = zone.limiter.admit(route: script.route, now: now, trail: &journey.trail)
            guard settle(journey, refusal, in: zone) else { return false }
        }
        if let limits = script.description?.limits {
            let limiter = self.limits.limiter(of: script, limits)
            let refusal =
                limiter.admit(key: journey.caller.keyName, address: address, now: now, trail: &journey.trail)
                ?? limiter.admit(route: script.route, now: now, trail: &journey.trail)
            guard settle(journey, refusal, in: zone) else { return false }
        }
        return true
    }

    /// Whether a key from `client` is looked at where the zone asks for one; answers the request if not. In an open zone the
    /// keys are taken out, and the call is anonymous.
    func mayTry(_ keys: inout PresentedKeys, _ journey: Journey, at zone: Zone, from client: IPAddress) -> Bool {
        guard zone.access.key == .none else { return mayTry(journey, from: client) }
        if limits.guesses.refusal(of: client, now: journey.exchange.started) != nil { keys = PresentedKeys() }
        return true
    }

    /// Whether a key from `client` is looked at; answers the request if not.
    func mayTry(_ journey: Journey, from client: IPAddress) -> Bool {
        guard let refusal = limits.failures.refusal(of: client, now: journey.exchange.started) else { return true }
        let problem = Problem(
            "too-many-failures", status: 429, title: "Too many wrong keys",
            detail: "\(client) presented too many wrong keys; its keys are looked at again in \(refusal.retryAfter) s.")
        tell(refusal, "failures", zone: journey.zone?.label ?? PlatformPath.prefix) {
            "\(client) presented too many wrong keys (`limits.failures`): its keys are not looked at for a while."
        }
        answer(journey, refusal, problem)
        return false
    }

    /// The answer's fields about rates, and the answer itself if there is a refusal.
    private func settle(_ journey: Journey, _ refusal: LimitRefusal?, in zone: Zone) -> Bool {
        if !journey.trail.isSilent { journey.exchange.ownHeaders = ByteBuffer(bytes: journey.trail.fields) }
        guard let refusal else { return true }
        let scope = refusal.isScript ? journey.script?.route ?? journey.path : zone.label
        tell(refusal, refusal.label, zone: zone.label) {
            "\(refusal.who) is over the limit `\(refusal.rule)` of \(scope): what is too much gets 429."
        }
        answer(journey, refusal, refusal.problem(of: scope), extra: [("limit", refusal.rule)])
        return false
    }

    /// Answers with the problem, at once or, to whoever goes on asking regardless, a while later.
    private func answer(
        _ journey: Journey, _ refusal: LimitRefusal, _ problem: Problem, extra: [(String, String)] = []
    ) {
        let headers = [("Retry-After", String(refusal.retryAfter))]
        guard refusal.isHammering, let loop = platform?.loop else {
            return journey.refuse(problem, headers: headers, extra: extra)
        }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(250)) {
            if !journey.exchange.isCut { journey.refuse(problem, headers: headers, extra: extra) }
        }
    }

    /// Counts the refusal; the log has one line for each caller and ten seconds.
    private func tell(_ refusal: LimitRefusal, _ label: String, zone: String, _ sentence: () -> String) {
        metrics.limited.with([zone, label]).increment()
        guard let news = refusal.news else { return }
        let more = news > 1 ? " \(news) requests since the last line about it." : ""
        logger.warning(
            "\(sentence())\(more)",
            metadata: [
                "event": "limited", "zone": "\(zone)", "limit": "\(label)", "caller": "\(refusal.caller)",
            ])
    }

    /// What the edge asks about new connections.
    func gate(_ settings: ServerSettings) -> any ConnectionGate {
        limits.connections.onRefusal = { [logger, connections = limits.connections] address, news in
            logger.warning(
                "\(address) has \(connections.most) connections (`limits.connections_per_address`): further ones are closed.",
                metadata: ["event": "limited", "limit": "connections", "caller": "\(address)", "refused": "\(news)"])
        }
        return AddressGate(limits.connections)
    }
}

extension Caller {
    /// The name of the key, if it was one.
    var keyName: String? {
        if case .key(let name, _) = self { name } else { nil }
    }
}

extension LimitRefusal {
    fileprivate var who: String {
        switch caller {
        case .key(let name): "The key '\(name)'"
        case .route(let route): "The route \(route)"
        case .others: "A new address"
        default: "The address \(caller)"
        }
    }

    /// What the caller is told.
    fileprivate func problem(of scope: String) -> Problem {
        switch limit {
        case .rate:
            Problem(
                "rate-limited", status: 429, title: "Too many requests",
                detail: "\(who) is over `\(rule)` of \(scope); try again in \(retryAfter) s.")
        case .concurrency:
            Problem(
                "too-many-calls", status: 429, title: "Too many calls at a time",
                detail: "\(who) is over `\(rule)` of \(scope); try again when one of the calls has its answer.")
        }
    }
}
