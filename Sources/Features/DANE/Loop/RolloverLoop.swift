internal import StewardProbe

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Keeps the TLSA records and deployed files of all deployments true: looks at everything, decides
/// (`Rollover.step`), writes the decision down, acts, looks again. What it knows is on disk before it acts; everything
/// else is looked at anew at each start, however long it was off.
package final class RolloverLoop: Sendable {
    /// The deployments, in the settings' order.
    package let deployments: [DeploymentSetup]
    /// The folder for state, staged keys and kept certificates.
    package let folder: String
    let rollovers: [DeploymentRollover]
    private let alarms: Alarms
    let signals: Signals

    /// Something that happened to a deployment.
    package struct Told: Hashable, Sendable {
        /// The deployment's name.
        package var deployment: String
        package var at: Date
        package var event: RolloverStep.Event
    }

    /// A loop for `settings`. Nothing is touched before ``run()``, ``advance(_:)`` or ``request(_:deployment:)``.
    /// - Parameters:
    ///   - stateFolder: Steward's state folder; state lies in `dane` beneath it unless the settings name another folder.
    ///   - parts: How the world is looked at and changed.
    ///   - tell: Is told what happens, alarms among it; called from any thread.
    /// - Throws: ``DANESetupError`` with everything that is wrong with the settings.
    package init(
        settings: DANESettings, stateFolder: String, parts: RolloverParts? = nil,
        tell: @escaping @Sendable (Told) -> Void = { _ in }
    ) throws(DANESetupError) {
        let folder = settings.folder ?? "\(stateFolder)/dane"
        let setups = try DeploymentSetup.all(settings)
        let world: RolloverParts
        if let parts { world = parts } else { world = try .real(settings) }
        let (gate, alarms) = (Gate(Self.looksAtOnce), Alarms(settings.alarm))
        let tellAll: @Sendable (Told) -> Void = { told in
            tell(told)
            alarms.tell(told)
        }
        self.folder = folder
        self.alarms = alarms
        deployments = setups
        signals = Signals(folder: folder, lineages: setups.map { LineageFiles(tree: $0.tree, name: $0.lineage) })
        rollovers = setups.map {
            DeploymentRollover($0, daneFolder: folder, parts: world, gate: gate, tell: tellAll)
        }
    }

    /// How many deployments are looked at at the same time.
    private static let looksAtOnce = 16

    /// Looks and acts until there is nothing to do now: of the deployment called `name`, or of all.
    /// - Throws: ``DANERefusal`` `no-deployment`, or `busy` where another process is at it.
    @discardableResult
    package func advance(_ name: String? = nil) async throws(DANERefusal) -> [DeploymentStatus] {
        var all: [DeploymentStatus] = []
        for rollover in try chosen(name) { all.append(try await rollover.advance()) }
        return all
    }

    /// What the parts' clock says.
    func now() -> Date { rollovers.first?.parts.now() ?? Date() }

    /// The rollover of the deployment called `name`.
    func rollover(_ name: String) -> DeploymentRollover? { try? chosen(name).first }

    private func chosen(_ name: String?) throws(DANERefusal) -> [DeploymentRollover] {
        guard let name else { return rollovers }
        let chosen = rollovers.filter { $0.setup.name == name || $0.setup.file == name }
        guard chosen.isEmpty else { return chosen }
        let known = rollovers.map(\.setup.name).joined(separator: ", ")
        throw DANERefusal(
            "no-deployment",
            "There is no deployment '\(name)'. \(known.isEmpty ? "The settings have none: add one to 'dane.deployments'." : "There are: \(known).")"
        )
    }

    /// Asks for a rollover. It is done by ``run()``, here or in another process, or by ``advance(_:)``.
    /// - Throws: ``DANERefusal``.
    package func request(
        _ request: RolloverState.Request, deployment: String
    ) async throws(DANERefusal) -> DeploymentStatus {
        guard let rollover = try chosen(deployment).first else {
            throw DANERefusal("no-deployment", "There is no deployment '\(deployment)'.")
        }
        let status = try await rollover.request(request)
        poke()
        return status
    }

    /// How all deployments stand: as of the last look, or looked at now where there was none or `fresh` asks for it.
    /// Changes nothing.
    package func status(fresh: Bool = false) async -> [DeploymentStatus] {
        await concurrently { rollover in
            if await rollover.status.observedAt == nil || fresh { _ = await rollover.rehearse() }
            return await rollover.status
        }
    }

    /// What would be done next. Looks at everything, changes nothing.
    package func plan() async -> [DeploymentPlan] {
        await concurrently { rollover in
            let step = await rollover.rehearse()
            return DeploymentPlan(await rollover.status, step, place: rollover.parts.publisher(rollover.setup).place)
        }
    }

    private func concurrently<Value: Sendable>(
        _ body: @escaping @Sendable (DeploymentRollover) async -> Value
    ) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { group in
            for (index, rollover) in rollovers.enumerated() { group.addTask { (index, await body(rollover)) } }
            var all: [(Int, Value)] = []
            for await value in group { all.append(value) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Looks at all deployments soon: a certificate was renewed. Other processes' loops hear it too.
    package func poke() { signals.touch() }
}
