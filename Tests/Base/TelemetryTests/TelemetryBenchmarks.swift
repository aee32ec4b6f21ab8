import Foundation
import StewardTelemetry
import Testing

/// Figures, not checks: `STEWARD_BENCHMARKS=1 swift test -c release --filter TelemetryBenchmarks`.
@Suite(
    "Telemetry benchmarks", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["STEWARD_BENCHMARKS"] != nil, "set STEWARD_BENCHMARKS=1 to run"))
struct TelemetryBenchmarks {
    private func measure(_ name: String, rounds: Int, _ body: (Int) -> Void) {
        for round in 0..<(rounds / 10) { body(round) }
        let best = (0..<5).map { _ in
            let start = ContinuousClock.now
            for round in 0..<rounds { body(round) }
            return ContinuousClock.now - start
        }.min()!
        let (seconds, attoseconds) = best.components
        let nanoseconds = (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(rounds)
        print("\(name): \(String(format: "%.1f", nanoseconds)) ns")
    }

    @Test("Encoding an access record, counting, and writing to a file")
    func figures() throws {
        var record = aRecord
        var line = LineBuffer()
        measure("access record as JSON, 17 fields", rounds: 300_000) { round in
            line.clear()
            record.duration = Int64(round)
            record.time.microseconds += 17
            record.encodeJSON(into: &line)
        }
        measure("access record as text", rounds: 300_000) { _ in
            line.clear()
            record.encodeText(into: &line, coloured: false)
        }
        measure("Timestamp.now", rounds: 300_000) { _ in _ = Timestamp.now() }
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", help: "A.")
        measure("counter", rounds: 10_000_000) { _ in counter.increment() }
        let histogram = registry.histogram("b", help: "B.")
        measure("histogram", rounds: 10_000_000) { round in histogram.observe(round & 0xffff) }
        let family = registry.counters("c_total", help: "C.", labels: ["zone", "status"])
        measure("label look-up", rounds: 300_000) { _ in family.with("api", "200").increment() }
        try withTemporaryFolder { folder in
            let sink = LogSink([.file(folder + "/log", keep: 1)])
            measure("access record to a file, the caller's part", rounds: 50_000) { _ in sink.write(record) }
            sink.close()
            print("lines dropped: \(sink.droppedLines[0].lines)")
        }
    }
}
