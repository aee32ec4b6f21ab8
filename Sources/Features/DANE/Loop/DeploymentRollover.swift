internal import StewardCertificates
internal import StewardDNS
internal import StewardProbe

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The rollover of one deployment: looks, decides, writes down, acts, looks again.
actor DeploymentRollover {
    nonisolated let setup: DeploymentSetup
    let parts: RolloverParts
    /// Its folder beneath the dane folder.
    let folder: String
    let files: LocalFiles
    private let gate: Gate
    private let tell: @Sendable (RolloverLoop.Told) -> Void

    /// As of the last look.
    private(set) var status: DeploymentStatus
    /// Why the last act failed; empty after one that did not.
    private var failures: [Finding] = []

    init(
        _ setup: DeploymentSetup, daneFolder: String, parts: RolloverParts, gate: Gate,
        tell: @escaping @Sendable (RolloverLoop.Told) -> Void
    ) {
        self.setup = setup
        self.parts = parts
        self.gate = gate
        self.tell = tell
        folder = "\(daneFolder)/\(setup.folder)"
        files = LocalFiles(setup, folder: folder)
        status = DeploymentStatus(setup: setup, text: "not looked at yet")
    }

    /// One look at everything, and the files it was made from.
    struct Look: Sendable {
        var observation: Observation
        var files: LocalFiles.Reading
    }

    // MARK: - Looking

    /// Looks at everything anew.
    func look(next: StagedKey?) async -> Look {
        async let zone = parts.servers(setup)
        async let validation = parts.validation(setup)
        async let endpoints = parts.endpoints(setup)
        let local = await files.read(next: next, now: parts.now())
        let servers = await zone
        let observation = await Observation(
            at: parts.now(), uptime: parts.uptime(), lineage: local.lineage, archive: local.archive,
            staged: local.staged, issued: local.issued, deployed: local.deployed, servers: servers.servers,
            validation: validation, endpoints: endpoints, flaws: local.flaws + servers.flaws + failures)
        return Look(observation: observation, files: local)
    }

    /// Looks and decides, and changes nothing.
    func rehearse() async -> RolloverStep? {
        do throws(DANERefusal) {
            let state = try peek()
            let look = await gate.pass { await self.look(next: state.next) }
            guard let look else { return nil }
            let step = parts.step(state, look.observation, setup.policy)
            note(step, look.observation, state: state)
            return step
        } catch {
            status.text = error.text
            return nil
        }
    }

    // MARK: - Acting

    /// The most acts of one turn: what needs more is done at the next look.
    private static let mostActs = 12

    /// Looks and acts until there is nothing to do now.
    /// - Throws: ``DANERefusal`` `busy` where another process is at it, `state-unreadable`, `state-unwritable`.
    @discardableResult
    func advance(patience: Duration = .seconds(10)) async throws(DANERefusal) -> DeploymentStatus {
        let desk = try await sitDown(patience: patience)
        defer { withExtendedLifetime(desk.lock) {} }
        await finishIssuing()
        for _ in 0..<Self.mostActs {
            let state = try load(desk)
            guard let look = await gate.pass({ await self.look(next: state.next) }), !Task.isCancelled else { break }
            let step = parts.step(state, look.observation, setup.policy)
            guard keepWhatIsNeeded(step.state, before: state, look.files) else {
                status.lookAgain = parts.now() + 30
                break
            }
            if step.state != state || step.action != nil { try save(step.state, step.text, desk) }
            note(step, look.observation, state: step.state)
            for event in step.events { report(event) }
            forget(step.state, look)
            guard let action = step.action else { break }
            failures = await act(action, step, look)
        }
        return status
    }

    /// One turn of the loop; how long to wait for the next.
    func turn() async -> Duration {
        do throws(DANERefusal) {
            let status = try await advance()
            let wait = (status.lookAgain ?? .distantPast).timeIntervalSince(parts.now())
            return .seconds(min(max(wait, 0.2), 86_400))
        } catch {
            status.text = error.text
            let isNew = status.flaws.first?.text != error.text
            status.flaws = [Finding(error.code, .problem, error.text)]
            if isNew, error.code != "busy" { report(RolloverStep.Event(error.code, error.text, isAlarm: true)) }
            return error.code == "busy" ? .seconds(2) : .seconds(30)
        }
    }

    /// Writes a request down.
    func request(_ request: RolloverState.Request) async throws(DANERefusal) -> DeploymentStatus {
        let desk = try await sitDown(patience: .seconds(60))
        defer { withExtendedLifetime(desk.lock) {} }
        var state = try load(desk)
        // A key that others know stays known to others.
        if state.request != .compromised { state.request = request }
        try save(state, "a rollover was asked for (\(request.rawValue))", desk)
        status.state = state
        return status
    }

    /// Keeps key and chain of everything that the new state may want to deploy or roll back to; whether it could. certbot may renew
    /// again or its archive be tidied at any time: what waits must wait here, before the state says that it does.
    private func keepWhatIsNeeded(
        _ state: RolloverState, before: RolloverState, _ reading: LocalFiles.Reading
    ) -> Bool {
        do throws(KeptChains.Failure) {
            for credential in [state.current, state.previous, state.replaced, reading.deployed].compactMap({ $0 }) {
                if let chain = reading.chains[credential.certificate] { try files.kept.keep(chain) }
            }
            guard let candidate = state.candidate, candidate.certificate != before.candidate?.certificate else {
                return true
            }
            guard let chain = reading.chains[candidate.certificate] else {
                _ = try files.kept.chain(candidate.certificate)
                return true
            }
            try files.kept.keep(chain)
            return true
        } catch {
            failures = [Finding(error.code, .problem, error.text)]
            status.flaws = failures
            return false
        }
    }

    /// Certificates that the state doesn't know and that have expired, and staged keys that are certificates' now, are
    /// no longer kept.
    private func forget(_ state: RolloverState, _ look: Look) {
        let known = [
            state.current, state.candidate, state.previous, state.replaced, look.files.deployed, look.files.lineage,
        ]
        var kept = Set(known.compactMap { $0?.certificate })
        kept.formUnion(look.files.archive.map(\.certificate))
        files.kept.forget(except: kept)
        guard setup.policy.mode == .next else { return }
        let certified = Set(look.files.chains.values.map(\.facts.spki))
        let waiting = [state.next?.spki, look.files.staged?.spki].compactMap { $0 }
        let keys = files.staged.keys(forms: setup.policy.forms).map(\.spki)
        files.staged.forget(except: Set(keys.filter { !certified.contains($0) } + waiting))
    }

    private func note(_ step: RolloverStep, _ observation: Observation, state: RolloverState) {
        let events = status.events
        status = DeploymentStatus(setup: setup, state: state, step: step, observation: observation)
        status.events = events
    }

    func report(_ event: RolloverStep.Event) {
        let at = parts.now()
        status.events = status.events.suffix(19) + [DeploymentStatus.TimedEvent(at: at, event: event)]
        tell(RolloverLoop.Told(deployment: setup.name, at: at, event: event))
    }
}
