import StewardAPI
import StewardAccess
import StewardCore

/// `GET /_platform/limits`: who is over a limit now.
extension PlatformRoutes {
    func limits(_ journey: Journey) {
        guard journey.caller.isAdmin else {
            return journey.refuse(
                Problem(
                    "key-required", status: 401, title: "A key is required",
                    detail: "Who is limited is for admin keys: send one as 'X-Admin-Key: KEY'."),
                headers: [("WWW-Authenticate", "Bearer realm=\"steward\"")])
        }
        let now = journey.exchange.started
        let limits = dispatcher.limits
        var found: [Limited] = []
        for zone in dispatcher.zones.entries.map(\.zone) {
            found += zone.limiter.limited(now: now).map { Limited($0, zone: zone.label, now: now) }
        }
        for (route, limiter) in limits.scriptLimiters {
            let zone = dispatcher.zones.match(route)?.prefix.text
            found += limiter.limited(now: now).map { Limited($0, zone: zone, route: route, now: now) }
        }
        for entry in limits.failures.limited(now: now) + limits.connections.limited(now: now) {
            found.append(Limited(entry, zone: nil, now: now))
        }
        json(LimitList(limited: found.sorted { $0.refused > $1.refused }), status: 200, to: journey)
    }
}

extension Limited {
    init(_ entry: CallerTable.Entry, zone: String?, route: String? = nil, now: UInt64) {
        self.init(
            zone: zone, route: route, who: entry.caller.description, limit: entry.reason, refused: entry.refusals,
            active: entry.active, secondsAgo: Double((now - min(now, entry.refusedAt)) / 1_000_000) / 1000)
    }
}
