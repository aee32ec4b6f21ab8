import Foundation
import StewardAPI
import StewardAccess
import StewardScripts

/// `GET /_platform/routes`: what this caller may call.
extension PlatformRoutes {
    func routes(_ journey: Journey, client: IPAddress?) {
        let keys = presentedKeys(journey)
        let zones = dispatcher.zones.entries.map(\.zone).filter { mayCall($0, client: client, keys: keys) }
        for zone in zones { zone.scripts.refresh(now: monotonicNow()) }
        list(zones[...], [], to: journey)
    }

    /// Zone by zone, each once the descriptions of its scripts are there.
    private func list(_ zones: ArraySlice<Zone>, _ found: [Route], to journey: Journey) {
        guard let zone = zones.first else {
            return json(RouteList(routes: found.sorted { $0.path < $1.path }), status: 200, to: journey)
        }
        zone.scripts.afterDescriptions {
            self.list(zones.dropFirst(), found + zone.scripts.scripts.map { Route($0) }, to: journey)
        }
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
