import StewardCore
import StewardSandbox

extension IsolationPlan {
    /// With `isolation: strict`: that every defence holds for every zone, now and whenever its processes are started.
    /// - Throws: `Problem` that names each that is missing, with the way out.
    package mutating func requireAll(launcher: String) throws(Problem) {
        guard mode == .strict else { return }
        let machine: MachineDefences
        do throws(MachineDefences.Unreadable) { machine = try MachineDefences.probe(launcher: launcher) } catch {
            throw Self.problem(["\(error)"])
        }
        let cgroups = Cgroups.surveyed()
        let sentences = zones.values.sorted { $0.zone < $1.zone }.flatMap { zone in
            let report = DefenceReport(policy: zone.policy, machine: machine, cgroups: cgroups)
            zones[zone.zone]?.required = Set(report.lines.filter { $0.state == .holds }.map(\.defence))
            return report.missing.map { line in
                "zone \(zone.zone), \(line.defence.rawValue): \(line.sentence)"
                    + (line.remedy.map { " - \($0)" } ?? "")
            }
        }
        guard sentences.isEmpty else { throw Self.problem(sentences) }
    }

    private static func problem(_ sentences: [String]) -> Problem {
        Problem(
            "isolation-incomplete", status: 500, title: "`isolation: strict` and a defence is missing",
            detail: sentences.joined(separator: "; ") + ". Or set `isolation: auto`.")
    }
}
