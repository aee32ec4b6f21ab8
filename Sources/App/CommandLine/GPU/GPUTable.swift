import StewardAPI
import StewardGPU

/// The lane as tables for people; `--json` has the same facts.
enum GPUTable {
    /// Cards, leases and queue; those with nothing in them are left out.
    static func tables(_ status: GPUStatus) -> [TextTable] {
        [cards(status), leases(status), queue(status)].filter { !$0.rows.isEmpty }
    }

    static func cards(_ status: GPUStatus) -> TextTable {
        TextTable(
            headings: ["GPU", "NAME", "STATE", "UTIL", "MEMORY", "TEMP", "POWER", "HELD BY"],
            rows: status.cards.map { card in
                let callers = status.leases.filter { $0.cards.contains(card.uuid) }.map(\.caller)
                return [
                    card.number, card.name, card.state,
                    card.utilisation.map { "\($0) %" } ?? "-", memory(card), card.temperature.map { "\($0) °C" } ?? "-",
                    card.power.map { "\(Int($0.rounded())) W" } ?? "-",
                    callers.isEmpty ? (card.reason ?? "-") : callers.joined(separator: ", "),
                ]
            })
    }

    private static func memory(_ card: GPUCardStatus) -> String {
        let used = card.memoryUsed.map { "\(GPUSize.text($0)) of " } ?? ""
        let reserved = card.memoryReserved > 0 ? ", \(GPUSize.text(card.memoryReserved)) reserved" : ""
        return used + GPUSize.text(card.memory) + reserved
    }

    static func leases(_ status: GPUStatus) -> TextTable {
        let numbers = Dictionary(status.cards.map { ($0.uuid, $0.number) }) { $1 }
        return TextTable(
            headings: ["LEASE", "GPU", "CALLER", "PURPOSE", "PID", "FOR", "STATE"],
            rows: status.leases.map { lease in
                let gpus = lease.cards.map { numbers[$0] ?? $0 }.joined(separator: ",")
                return [
                    String(lease.id.prefix(8)), gpus, lease.caller, lease.purpose ?? "-",
                    lease.pid.map(String.init) ?? "-", GPUTime.text(lease.seconds), lease.phase,
                ]
            })
    }

    static func queue(_ status: GPUStatus) -> TextTable {
        TextTable(
            headings: ["PLACE", "TICKET", "CALLER", "WANTS", "PURPOSE", "WAITED", "EXPECTED", "WHY"],
            rows: status.queue.map { entry in
                [
                    "\(entry.position)", String(entry.id.prefix(8)), entry.caller, entry.request, entry.purpose ?? "-",
                    GPUTime.text(entry.waited), entry.expected.map { "in about \(GPUTime.text($0))" } ?? "-",
                    entry.reason,
                ]
            })
    }
}
