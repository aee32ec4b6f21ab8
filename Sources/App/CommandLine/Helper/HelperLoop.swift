import Foundation
import Logging
import StewardAccess
import StewardCore
import StewardDANE
import StewardHelper
import StewardServer

/// The rollovers as the helper carries them out: what it may write to, and who is told of what happens.
enum HelperLoop {
    /// What carries the rollovers of `loaded` out; nil where nothing is set up. Commands go to the runner, if one was started.
    /// - Throws: `CommandFailure` with everything that is wrong with the section.
    static func make(_ loaded: PrivilegedSettings, audit: AuditLog, logger: Logger) throws -> RolloverLoop? {
        guard !loaded.dane.deployments.isEmpty else { return nil }
        if !RunnerClient.install(), Confinement.inherited != nil {
            logger.error(
                "There is no process that runs the settings' commands: nothing can be reloaded. Start the helper again.",
                metadata: ["event": "helper-runner"])
        }
        do throws(DANESetupError) {
            return try RolloverLoop(settings: loaded.dane, stateFolder: loaded.state) { told in
                tell(told, audit, logger)
            }
        } catch {
            throw CommandFailure(lines: error.problems.map { "\($0.field): \($0.text)" })
        }
    }

    /// Marks this process as the one that carries the rollovers out. Where a `steward dane run` is marked, both work, one at
    /// a time for each deployment, and the log says so.
    static func mark(_ loop: RolloverLoop, _ logger: Logger) -> LoopMark? {
        do throws(Problem) { return try LoopMark.take(in: loop.folder, by: "helper") } catch {
            logger.warning("\(error.detail ?? error.title)", metadata: ["event": "dane-loop", "code": "\(error.code)"])
            return nil
        }
    }

    private static func tell(_ told: RolloverLoop.Told, _ audit: AuditLog, _ logger: Logger) {
        let event = told.event
        logger.log(
            level: event.isAlarm ? .error : .notice, "\(told.deployment): \(event.text)",
            metadata: ["event": "dane-\(event.code)", "deployment": "\(told.deployment)"])
        do {
            try audit.record(
                actor: "rollover", action: "dane.\(event.code)", subject: told.deployment, detail: event.text
            ) {}
        } catch {
            logger.error("The audit log can't be written: \(error)", metadata: ["event": "audit"])
        }
    }

    /// Makes the folders that must be there before the helper confines itself to them.
    static func prepare(_ dane: DANESettings) throws(Problem) {
        let folders = [(dane.folder, 0o700)] + dane.deployments.map { (SettingsPath.folder(of: $0.file), 0o755) }
        for case (let folder?, let mode) in folders where !FileManager.default.fileExists(atPath: folder) {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
            } catch {
                throw Problem(
                    "dane-folder", status: 500, title: "A folder can't be made",
                    detail: "\(folder) can't be made: \(FileReason.of(error)). Make it, or correct the section 'dane'.")
            }
        }
    }

    /// Where the rollovers write: their folder, the deployed files', the zone files', and the lineages of mode 'next'.
    static func places(_ dane: DANESettings) -> [Confinement.Place] {
        var paths = [dane.folder].compactMap { $0 }
        for deployment in dane.deployments {
            paths.append(SettingsPath.folder(of: deployment.file))
            if deployment.mode == .next { paths.append(deployment.tree) }
        }
        paths += dane.zones.compactMap(\.file.path).map(SettingsPath.folder(of:))
        return paths.map { Confinement.Place($0, changes: true) }
    }
}
