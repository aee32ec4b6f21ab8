import StewardCore
import StewardSandbox

extension IsolationPlan {
    /// With `isolation: strict`: that every defence holds for every zone.
    /// - Throws: `Problem` that names each that is missing, with the way out.
    package func requireAll(launcher: String) throws(Problem) {
        guard mode == .strict else { return }
        let machine: MachineDefences
        do throws(MachineDefences.Unreadable) { machine = try MachineDefences.probe(launcher: launcher) } catch {
            throw Self.problem(["\(error)"])
        }
        let cgroups = Cgroups.surveyed()
        let sentences = zones.values.sorted { $0.zone < $1.zone }.flatMap { zone in
            DefenceReport(policy: zone.policy, machine: machine, cgroups: cgroups).missing.map { line in
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
