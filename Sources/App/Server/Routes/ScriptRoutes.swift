import Foundation
import StewardAPI
import StewardAccess
import StewardScripts

/// `GET /_platform/routes`: what this caller may call.
extension PlatformRoutes {
    func routes(_ journey: Journey, client: IPAddress?) {
        let keys = presentedKeys(journey)
        var found: [Route] = []
        for (_, zone) in dispatcher.zones.entries where mayCall(zone, client: client, keys: keys) {
            zone.scripts.refresh(now: monotonicNow())
            found += zone.scripts.scripts.map { Route($0) }
        }
        json(RouteList(routes: found.sorted { $0.path < $1.path }), status: 200, to: journey)
    }

    private func mayCall(_ zone: Zone, client: IPAddress?, keys: PresentedKeys) -> Bool {
        guard let client else { return true }
        let decision = AccessPolicy.decide(
            zone: zone.access, client: client, keys: keys, ring: dispatcher.ring, now: Date())
        if case .allowed = decision { return true }
        return false
    }
}

extension Route {
    init(_ script: Script) {
        let description = script.description
        let kind =
            script.kind == .cgi ? "cgi" : description?.error != nil ? "broken" : description?.kind ?? "unknown"
        self.init(
            path: script.route, methods: description?.methods, zone: script.zone, kind: kind, doc: description?.doc,
            changed: Date(timeIntervalSince1970: TimeInterval(script.modified)).formatted(.iso8601),
            error: description?.error.map { error in description?.line.map { "\(error) (line \($0))" } ?? error })
    }
}
