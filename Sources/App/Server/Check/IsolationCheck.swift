import Foundation
import Glibc
import StewardCore
import StewardSandbox
import StewardSettings

/// What stands between each zone's scripts and this machine: one block for each zone.
enum IsolationCheck {
    /// The findings; where the interpreter doesn't work, those about it come from elsewhere.
    static func findings(_ settings: ServerSettings) -> [CheckFinding] {
        guard settings.isolation != .off else { return [off] }
        guard let installation = try? Installation.locate(share: settings.share, python: settings.python) else {
            return []
        }
        do {
            let runtime = try RuntimePaths.ask(
                installation, environment: ZoneFactory.environment(installation, zone: [:], keepsHome: false))
            let plan = try IsolationPlan(settings, runtime: runtime, state: StateFolder(settings.state))
            let machine = try MachineDefences.probe(launcher: installation.launcher)
            return settings.zones.flatMap { zone in
                plan.zones[zone.prefix.text].map { block($0, machine, installation, mode: settings.isolation) } ?? []
            }
        } catch let error as SettingsError {
            return CheckFinding.settings(error)
        } catch let error as MachineDefences.Unreadable {
            return [
                CheckFinding(
                    .error, "isolation", at: installation.launcher, "It doesn't work: \(error).",
                    remedy: "Install Steward anew: steward and steward-launch must be of the same build.")
            ]
        } catch {
            return []
        }
    }

    private static var off: CheckFinding {
        CheckFinding(
            .warning, "isolation", at: "isolation",
            "It is off: scripts may do whatever the server may, read its keys and change its files.",
            remedy: "Remove 'isolation: off', or set it to auto or strict.")
    }

    private static func block(
        _ zone: ZoneIsolation, _ machine: MachineDefences, _ installation: Installation, mode: IsolationMode
    ) -> [CheckFinding] {
        let report = DefenceReport(policy: zone.policy, machine: machine, cgroups: Cgroups.surveyed())
        let severity: CheckFinding.Severity = mode == .strict ? .error : .note
        var findings = [CheckFinding(.ok, "isolation", at: zone.zone, zone.summary)]
        findings += zone.obstacles(interpreter: installation.python).map {
            CheckFinding(.error, "isolation", at: zone.zone, $0)
        }
        findings += zone.unusable.map { CheckFinding(.warning, "isolation", at: zone.zone, $0) }
        let held = report.lines.filter { $0.state == .holds }.map(\.defence.rawValue)
        findings.append(CheckFinding(.ok, "isolation", at: zone.zone, "In force: \(held.joined(separator: ", "))."))
        return findings
            + report.missing.map { line in
                CheckFinding(
                    severity, "isolation", at: "\(zone.zone) \(line.defence.rawValue)", line.sentence.asSentence,
                    remedy: line.remedy?.asSentence)
            }
    }
}

extension ZoneIsolation {
    /// What its scripts run as and may use, in a sentence.
    var summary: String {
        let user =
            identity.map { identity in
                let name = getpwuid(identity.user).map { " (\(String(cString: $0.pointee.pw_name)))" } ?? ""
                return "user \(identity.user)\(name)"
            } ?? "the server's user (\(geteuid()))"
        func size(_ bytes: Int?) -> String { bytes.map { ValueKind<Int>.writeSize($0) } ?? "unlimited" }
        var parts = [
            "memory \(size(settings.memory))", "network \(settings.network.text)",
            "scratch \(size(settings.scratch))", "\(settings.files) descriptors", "\(settings.processes) processes",
        ]
        if let cpu = settings.cpu { parts.append("processor time \(ValueKind<Duration>.write(cpu)) a call") }
        for (verb, paths) in [("reads", settings.read), ("writes", settings.write)] where !paths.isEmpty {
            parts.append("\(verb) \(paths.joined(separator: ", "))")
        }
        if !settings.secrets.isEmpty { parts.append("secrets \(settings.secrets.map(\.name).joined(separator: ", "))") }
        return "Scripts run as \(user): \(parts.joined(separator: ", "))."
    }
}
