import NIOCore
import StewardEdge
import StewardScripts
import StewardTelemetry

/// Registers what is read at each scrape. All of it is confined to the event loop, on which scrapes run.
func observe(_ registry: MetricsRegistry, sink: LogSink, roster: ZoneRoster, edge: Edge) {
    registry.observeProcess()
    registry.observe(sink)
    registry.observe(gauge: "steward_connections", help: "Open connections.") { Double(edge.connectionCount) }
    registry.observe(gauge: "steward_answers_kept_bytes", help: "Answers that wait in a file for slow clients.") {
        Double(edge.answersKept)
    }
    registry.observe(gauges: "steward_queue_length", help: "Calls that wait for a worker.", labels: ["zone"]) {
        roster.sums { $0.scripts.load.queued }
    }
    registry.observe(gauges: "steward_calls_running", help: "Calls at workers.", labels: ["zone"]) {
        roster.sums { $0.scripts.load.running }
    }
    registry.observe(
        gauges: "steward_workers", help: "Worker processes by role and state.", labels: ["zone", "role", "state"]
    ) {
        var sums: [[String]: Int] = [:]
        for zone in roster.all {
            for entry in zone.scripts.workersByState {
                sums[[zone.label, entry.role, entry.state], default: 0] += entry.count
            }
        }
        return sums.map { ($0.key, Double($0.value)) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }
    registry.observe(gauge: "steward_zones_retiring", help: "Zones of earlier settings that finish their calls.") {
        Double(roster.retiring.count)
    }
    observeCounters(registry, roster: roster)
}

private func observeCounters(_ registry: MetricsRegistry, roster: ZoneRoster) {
    let counters: [(String, String, @Sendable (PoolCounters) -> Int)] = [
        ("steward_worker_forks_total", "Workers forked.", { $0.forks }),
        ("steward_worker_restarts_total", "Workers that ended by themselves and were replaced.", { $0.crashes }),
        ("steward_worker_kills_total", "Workers killed at a deadline or for a client that left.", { $0.kills }),
        ("steward_crashed_calls_total", "Calls lost with their worker.", { $0.crashedCalls }),
        ("steward_script_failures_total", "Calls that their script failed.", { $0.failures }),
        ("steward_given_back_calls_total", "Calls that a stalled worker handed back.", { $0.givenBack }),
    ]
    for (name, help, read) in counters {
        registry.observe(counters: name, help: help, labels: ["zone"]) {
            roster.counters.map { ([$0.label], Double(read($0.counters))) }
        }
    }
    registry.observe(
        counters: "steward_zygote_restarts_total", help: "Times a zone's Python zygote was started again.",
        labels: ["zone"]
    ) {
        roster.sums(\.scripts.zygote.restarts)
    }
}
