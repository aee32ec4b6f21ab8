import Foundation
import StewardCertificates
import StewardDNS
import StewardProbe
import Synchronization

@testable import StewardDANE

/// A certbot tree with one lineage in a scratch folder: real files; and the rest of the world in memory: two name
/// servers, a resolver, a service that reads the deployed file when it is reloaded, a clock that tests move.
final class LoopWorld: Sendable {
    struct Faults: Sendable {
        var publishing: PublishFailure?
        var deadServers: Set<Int> = []
        var isStuck = false
        var servesOld = false
        var security = Resolution.Security.secure
    }

    let scratch: DeployScratch
    let authority = DeployAuthority.shared
    let services: [String]
    private let state: Mutex<State>

    private struct State {
        var now = Date()
        var faults = Faults()
        /// By server, by owner.
        var zones: [[DomainName: [TLSA]]] = [[:], [:]]
        var served: [UInt8] = []
        var told: [RolloverLoop.Told] = []
        var published = 0
        var unmatched: [String] = []
        var version = 0
    }

    init(services: [String] = ["mail.example:25"]) throws {
        scratch = try DeployScratch()
        self.services = services
        state = Mutex(State())
    }

    var now: Date { state.withLock { $0.now } }
    func pass(_ seconds: Double) { state.withLock { $0.now += seconds } }
    func fail(_ change: (inout Faults) -> Void) { state.withLock { change(&$0.faults) } }
    var told: [String] { state.withLock { $0.told.map(\.event.code) } }
    var published: Int { state.withLock { $0.published } }
    /// Moments at which what was served had no record on a server that answers.
    var unmatched: [String] { state.withLock { $0.unmatched } }

    func records(_ server: Int = 0, _ service: Int = 0) -> [TLSA] {
        guard let owner = Service(text: services[service])?.owner else { return [] }
        return state.withLock { $0.zones[server][owner] ?? [] }
    }

    // MARK: - certbot

    /// What `certbot renew` leaves: a new version, then the symlinks one after another.
    @discardableResult
    func renew(days: Double = 90) throws -> KeyedChain {
        let version = state.withLock { state in
            state.version += 1
            return state.version
        }
        let issued = authority.issue(days: days)
        let (archive, live) = ("tree/archive/mail", "\(scratch.path)/tree/live/mail")
        try scratch.write("\(archive)/privkey\(version).pem", issued.key, mode: 0o600)
        try scratch.write("\(archive)/cert\(version).pem", issued.cert)
        try scratch.write("\(archive)/chain\(version).pem", issued.chain)
        try scratch.write("\(archive)/fullchain\(version).pem", issued.cert + issued.chain)
        try FileManager.default.createDirectory(atPath: live, withIntermediateDirectories: true)
        for kind in ["cert", "privkey", "chain", "fullchain"] {
            unlink("\(live)/\(kind).pem")
            symlink("../../archive/mail/\(kind)\(version).pem", "\(live)/\(kind).pem")
        }
        return try KeyedChain(key: Array(issued.key.utf8), chain: Array((issued.cert + issued.chain).utf8))
    }

    // MARK: - The loop

    var settings: DANESettings {
        var settings = DANESettings()
        settings.folder = "\(scratch.path)/dane"
        settings.interval = .seconds(6 * 3600)
        var zone = DANESettings.Zone()
        zone.name = "example"
        zone.program = ["/bin/true"]
        settings.zones = [zone]
        var deployment = DANESettings.Deployment()
        deployment.lineage = "mail"
        deployment.tree = "\(scratch.path)/tree"
        deployment.file = "\(scratch.path)/tls/mail.pem"
        deployment.services = services
        deployment.reload = ["touch \(scratch.path)/reloaded"]
        settings.deployments = [deployment]
        return settings
    }

    /// A new process's loop.
    func loop() throws -> RolloverLoop {
        try RolloverLoop(
            settings: settings, stateFolder: scratch.path, parts: parts,
            tell: { told in self.state.withLock { $0.told.append(told) } })
    }

    var parts: RolloverParts {
        RolloverParts(
            now: { self.now }, uptime: { nil }, servers: { _ in self.zoneLook() },
            validation: { setup in self.validation(setup) }, endpoints: { setup in self.endpoints(setup) },
            publisher: { _ in WorldPublisher(world: self) }, step: Rollover.step)
    }

    private func zoneLook() -> RolloverParts.ZoneLook {
        state.withLock { state in
            RolloverParts.ZoneLook(
                servers: state.zones.indices.map { index in
                    let server = NameServer("192.0.2.\(index + 1)")
                    guard !state.faults.deadServers.contains(index) else {
                        return ServerView(
                            name: "ns\(index + 1).example", server: server, failure: "nothing came within 2 s")
                    }
                    let until = state.now + 14 * 86_400
                    return ServerView(
                        name: "ns\(index + 1).example", server: server, serial: 1, negativeTTL: 300,
                        sets: state.zones[index].mapValues { .init(records: $0, ttl: 3600, signedUntil: until) },
                        isPrimary: index == 0)
                })
        }
    }

    private func validation(_ setup: DeploymentSetup) -> [DomainName: Resolution] {
        let (zone, security) = state.withLock { ($0.zones[0], $0.faults.security) }
        return Dictionary(
            uniqueKeysWithValues: setup.policy.services.compactMap(\.owner).map { owner in
                let records = (zone[owner] ?? []).map { ResourceRecord(owner, .tlsa, ttl: 3600, .tlsa($0)) }
                return (owner, Resolution(name: owner, type: .tlsa, security: security, records: records, ttl: 3600))
            })
    }

    private func endpoints(_ setup: DeploymentSetup) -> [EndpointView] {
        reload()
        let served = state.withLock { $0.served }
        let credential = (try? KeyedChain(file: served)).flatMap {
            Credential(presented: $0.chain, forms: setup.policy.forms)
        }
        check(credential)
        return setup.policy.services.map { service in
            EndpointView(
                service: service, address: "192.0.2.25", served: credential,
                failure: credential == nil ? "nothing listens there" : nil)
        }
    }

    /// The service reads its file when it was reloaded.
    private func reload() {
        let mark = "\(scratch.path)/reloaded"
        let isFirst = state.withLock { $0.served.isEmpty }
        guard isFirst || access(mark, F_OK) == 0 else { return }
        unlink(mark)
        guard !state.withLock({ $0.faults.servesOld }) else { return }
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/tls/mail.pem")) else { return }
        state.withLock { $0.served = [UInt8](bytes) }
    }

    /// The invariant: what is served has a record on every server that answers, once there are any.
    private func check(_ credential: Credential?) {
        guard let credential else { return }
        state.withLock { state in
            for (index, zone) in state.zones.enumerated() where !state.faults.deadServers.contains(index) {
                for (owner, records) in zone
                where !records.isEmpty && !records.contains(where: credential.records.contains) {
                    state.unmatched.append("\(credential.label) at \(owner) on server \(index)")
                }
            }
        }
    }

    fileprivate func publish(_ change: RRsetChange) throws(PublishFailure) {
        let failure = state.withLock { state -> PublishFailure? in
            if let failure = state.faults.publishing { return failure }
            let present = state.zones[0][change.owner] ?? []
            guard Set(present) == Set(change.present) else {
                return PublishFailure("conflict", "Somebody else changed it.", isPassing: true)
            }
            state.published += 1
            state.zones[0][change.owner] = change.wanted
            if !state.faults.isStuck { state.zones[1] = state.zones[0] }
            return nil
        }
        if let failure { throw failure }
    }

    /// The service presents `chain`, wherever it has it from.
    func serve(_ chain: KeyedChain) { state.withLock { $0.served = chain.bytes } }

    /// The secondary gets what the primary has.
    func transfer() { state.withLock { $0.zones[1] = $0.zones[0] } }

    /// Advances until nothing is left to do or `days` are over, from one time of looking again to the next.
    func settle(_ loop: RolloverLoop, days: Double = 30, until isOver: (DeploymentStatus) -> Bool) async throws
        -> DeploymentStatus
    {
        let end = now + days * 86_400
        while true {
            guard let status = try await loop.advance().first else { throw CocoaError(.featureUnsupported) }
            if isOver(status) || now > end { return status }
            let wait = (status.lookAgain ?? now).timeIntervalSince(now)
            pass(max(wait, 1))
        }
    }
}

private struct WorldPublisher: Publisher {
    let world: LoopWorld
    var place: String { "the world" }
    func publish(_ change: RRsetChange) async throws(PublishFailure) { try world.publish(change) }
}
