import Foundation
import NIOCore
import StewardCore
import Testing

@testable import StewardScripts

/// Figures, not checks: `STEWARD_BENCHMARKS=1 swift test -c release -Xswiftc -enable-testing --filter SchedulerBenchmarks`.
@Suite(
    "Scheduler benchmarks", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["STEWARD_BENCHMARKS"] != nil, "set STEWARD_BENCHMARKS=1 to run"))
struct SchedulerBenchmarks {
    private func measure(_ name: String, rounds: Int, _ body: () -> Void) {
        let best = (0..<7).map { _ in
            let start = ContinuousClock.now
            for _ in 0..<rounds { body() }
            return ContinuousClock.now - start
        }.min()!
        let (seconds, attoseconds) = best.components
        let nanoseconds = (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(rounds)
        print("\(name): \(String(format: "%.1f", nanoseconds)) ns a call")
    }

    private func call(_ id: UInt32, _ script: Script, _ sink: any CallSink) -> Call {
        Call(
            id: id, script: script, trace: TraceID(high: 1, low: 1), payload: ByteBuffer(), isSafe: true, submitted: 1,
            deadline: .max, sink: sink)
    }

    private func ready() -> (Scheduler, Script) {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        fixture.answer(fixture.submit(script))
        return (fixture.scheduler, script)
    }

    @Test("A call that needn't wait, and calls that wait")
    func figures() {
        var (scheduler, script) = ready()
        let sink = NoSink()
        var id: UInt32 = 10
        measure("making a call", rounds: 1_000_000) {
            id &+= 1
            _ = call(id, script, sink)
        }
        measure("submitted, sent, answered", rounds: 1_000_000) {
            id &+= 1
            scheduler.submit(call(id, script, sink), now: 1)
            guard case .send(let sent, let worker)? = scheduler.actions.first else { return }
            scheduler.actions.removeAll(keepingCapacity: true)
            _ = scheduler.answered(sent.id, by: worker, wall: 10, cpu: 10, streamed: false, now: 1)
        }
        for waiting in [100, 1000] {
            var (scheduler, script) = ready()
            for _ in 0..<waiting {
                id &+= 1
                scheduler.submit(call(id, script, sink), now: 1)
            }
            scheduler.actions.removeAll()
            measure("the same behind \(waiting) others", rounds: 100_000) {
                id &+= 1
                scheduler.submit(call(id, script, sink), now: 1)
                let worker = scheduler.workers.first { !$0.calls.isEmpty }!
                _ = scheduler.answered(worker.calls[0].id, by: worker, wall: 10, cpu: 10, streamed: false, now: 1)
                scheduler.actions.removeAll(keepingCapacity: true)
            }
        }
    }
}
