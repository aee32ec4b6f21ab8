import StewardGPU
import StewardTelemetry

/// Registers what the lane shows: cards with their lease and caller, the queue.
func observe(_ registry: MetricsRegistry, lane: LaneService) {
    let labels = ["gpu", "uuid", "lease", "caller"]
    let readings: [(String, String, @Sendable (LaneOverview.Card) -> Double?)] = [
        (
            "steward_gpu_utilisation_ratio", "Share of the time in which a kernel ran.",
            { $0.reading.utilisation.map { Double($0) / 100 } }
        ),
        ("steward_gpu_memory_used_bytes", "Memory in use.", { $0.reading.memoryUsed.map(Double.init) }),
        ("steward_gpu_memory_bytes", "Memory in all.", { $0.card.isUnseen ? nil : Double($0.card.card.memory) }),
        ("steward_gpu_temperature_celsius", "Temperature.", { $0.reading.temperature.map(Double.init) }),
        ("steward_gpu_power_watts", "Power drawn.", { $0.reading.power }),
    ]
    for (name, help, read) in readings {
        registry.observe(gauges: name, help: "\(help) By GPU, with the lease and caller that hold it.", labels: labels)
        {
            let overview = lane.snapshot
            return overview.cards.compactMap { card in
                guard let value = read(card) else { return nil }
                return (LaneLabels.of(card.card, overview), value)
            }
        }
    }
    registry.observe(gauges: "steward_gpu_up", help: "0 for a GPU that fell off the bus.", labels: ["gpu", "uuid"]) {
        lane.snapshot.cards.map { (["\($0.card.card.number)", $0.card.card.uuid], $0.card.isLost ? 0 : 1) }
    }
    registry.observe(gauges: "steward_gpu_queue_length", help: "Requests that wait for GPUs.", labels: ["caller"]) {
        Dictionary(grouping: lane.snapshot.queue, by: \.ticket.caller).map { ([$0.key], Double($0.value.count)) }
    }
    registry.observe(gauges: "steward_gpu_leases", help: "Leases by state.", labels: ["state"]) {
        Dictionary(grouping: lane.snapshot.leases, by: \.phase).map { ([$0.key], Double($0.value.count)) }
    }
}

private enum LaneLabels {
    /// Where several share a card, all of them.
    static func of(_ card: LaneCard, _ overview: LaneOverview) -> [String] {
        let callers = overview.leases.filter { card.leases.contains($0.lease.id) }.map(\.lease.ticket.caller)
        return [
            card.card.number, card.card.uuid, card.leases.map { String($0.prefix(8)) }.joined(separator: ","),
            Set(callers).sorted().joined(separator: ","),
        ]
    }
}
