package import StewardCertificates
package import StewardDNS

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
    private let rollovers: [DeploymentRollover]
    private let tell: @Sendable (Told) -> Void

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
        folder = settings.folder ?? "\(stateFolder)/dane"
        deployments = try DeploymentSetup.all(settings)
        rollovers = []
        self.tell = tell
    }

    /// Keeps all of them true until the task is cancelled.
    package func run() async {}

    /// Looks and acts until there is nothing to do now: of the deployment called `name`, or of all.
    /// - Throws: ``DANERefusal`` `no-deployment`, or `busy` where another process is at it.
    @discardableResult
    package func advance(_ name: String? = nil) async throws(DANERefusal) -> [DeploymentStatus] { [] }

    /// Asks for a rollover. It is done by ``run()``, here or in another process, or by ``advance(_:)``.
    /// - Throws: ``DANERefusal``.
    package func request(
        _ request: RolloverState.Request, deployment: String
    ) async throws(DANERefusal) -> DeploymentStatus {
        throw DANERefusal("no-deployment", "There is no deployment '\(deployment)'.")
    }

    /// How all deployments stand: as of the last look, or looked at now where there was none or `fresh` asks for it.
    /// Changes nothing.
    package func status(fresh: Bool = false) async -> [DeploymentStatus] { [] }

    /// What would be done next. Looks at everything, changes nothing.
    package func plan() async -> [DeploymentPlan] { [] }

    /// Looks at all deployments soon: a certificate was renewed.
    package func poke() {}
}
