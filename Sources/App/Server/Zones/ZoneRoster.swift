import Logging
import NIOCore
import StewardAccess
import StewardScripts

/// The zones that are served, and those that a reload replaced and that finish what they began. Confined to the event
/// loop; `compose` alone may be called from elsewhere.
final class ZoneRoster: @unchecked Sendable {
    /// A set of zones that could take the place of the present one.
    struct Draft: Sendable {
        /// All of them, in the order of the settings.
        var zones: [Zone]
        /// Those whose workers are still to be started.
        var fresh: [Zone]
        /// What isolates them.
        var plan: IsolationPlan?
    }

    private let factory: ZoneFactory
    private let logger: Logger
    /// Given to each zone before it starts: where its output goes, who hands out its cards.
    var equip: (Zone) -> Void = { _ in }
    /// The zones that take requests.
    private(set) var zones: [Zone] = []
    /// What isolates them.
    private(set) var plan: IsolationPlan?
    /// Zones that finish what they began.
    private(set) var retiring: [Zone] = []
    /// What pools did that are no more, by zone.
    private var past: [String: PoolCounters] = [:]

    init(factory: ZoneFactory, logger: Logger) {
        self.factory = factory
        self.logger = logger
    }

    /// What scripts of present and earlier zones were given and may print.
    private(set) var secretValues = SecretValues()
    private var knownSecrets: Set<String> = []

    /// Every zone that may have processes.
    var all: [Zone] { zones + retiring }

    /// The zones that `settings` describe. A zone among `present` whose scripts run as before keeps its workers, also
    /// where those who may call it change.
    /// - Throws: `SettingsError` about users and secrets, `Problem` about the state folder.
    func compose(_ settings: ServerSettings, keeping present: [Zone]) throws -> Draft {
        let plan = try factory.require(factory.plan(settings))
        var draft = Draft(zones: [], fresh: [], plan: plan)
        for zone in settings.zones {
            let scripts = factory.settings(of: zone, among: settings.zones, plan)
            let kept = present.first { $0.scripts.settings == scripts }
            let before = present.first { $0.access.prefix == zone.prefix }
            let made = Zone(
                access: zone.access,
                scripts: try kept?.scripts ?? factory.make(scripts, plan),
                limiter: before?.limiter ?? Limiter(zone.limits), limits: zone.limits, bodyLimit: zone.bodyLimit)
            draft.zones.append(made)
            if kept == nil { draft.fresh.append(made) }
        }
        return draft
    }

    /// Starts the workers of what is new in a draft. `wakesFirst`: those of the first zone even if it has no scripts, so that
    /// one interpreter has shown that it works.
    func start(_ draft: Draft, wakesFirst: Bool = false) {
        for (index, zone) in draft.fresh.enumerated() {
            equip(zone)
            zone.scripts.start(evenIfEmpty: wakesFirst && index == 0)
        }
    }

    /// Serves the draft from now on; what it has no place for ends when its last request is answered.
    func adopt(_ draft: Draft) {
        let kept = Set(draft.zones.map { ObjectIdentifier($0.scripts) })
        let old = zones.filter { !kept.contains(ObjectIdentifier($0.scripts)) }
        zones = draft.zones
        plan = draft.plan
        knownSecrets.formUnion(draft.plan?.secrets.values.map { $0 } ?? [])
        secretValues = SecretValues(knownSecrets)
        for zone in zones { zone.limiter.rules = zone.limits }
        retiring += old
        for zone in old { zone.scripts.retire { self.retired(zone) } }
    }

    /// Ends what is new in a draft that isn't adopted.
    func discard(_ draft: Draft) {
        for zone in draft.fresh {
            _ = zone.scripts.stop()
        }
    }

    /// Ends every process now; completes when none is left.
    func stop(on loop: any EventLoop) -> EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(all.map { $0.scripts.stop() }, on: loop)
    }

    private func retired(_ zone: Zone) {
        retiring.removeAll { $0 === zone }
        _ = zone.scripts.stop()
        past[zone.label] = past[zone.label, default: PoolCounters()] + zone.scripts.pool.counters
        logger.info(
            "The zone \(zone.label) as it was before the settings changed has ended",
            metadata: ["event": "zone-retired", "zone": "\(zone.label)"])
    }

    /// What the pools of each zone have done since the start of the server, those that are no more among them.
    var counters: [(label: String, counters: PoolCounters)] {
        var sums = past
        for zone in all { sums[zone.label] = sums[zone.label, default: PoolCounters()] + zone.scripts.pool.counters }
        return sums.map { (label: $0.key, counters: $0.value) }.sorted { $0.label < $1.label }
    }

    /// A number of each zone's, added up where a zone is there twice.
    func sums(_ read: (Zone) -> Int) -> [([String], Double)] {
        var sums: [String: Int] = [:]
        for zone in all { sums[zone.label, default: 0] += read(zone) }
        return sums.sorted { $0.key < $1.key }.map { ([$0.key], Double($0.value)) }
    }
}
