import CCompute
import Synchronization
import Testing

/// Counts how often each task ran.
private final class Tally: Sendable {
    let counts: Mutex<[Int]>
    init(_ tasks: Int) { counts = Mutex(Array(repeating: 0, count: tasks)) }
    func add(_ task: Int) { counts.withLock { $0[task] += 1 } }
    var all: [Int] { counts.withLock { $0 } }
}

private func parallel(_ tally: Tally) {
    steward_parallel(
        Int32(tally.all.count),
        { context, task in Unmanaged<Tally>.fromOpaque(context!).takeUnretainedValue().add(Int(task)) },
        Unmanaged.passUnretained(tally).toOpaque())
}

extension ProcessorWideTests {
    @Suite struct ParallelTests {
        @Test func eachTaskRunsOnce() {
            for tasks in [0, 1, 2, 3, 7, 1000] {
                let tally = Tally(tasks)
                parallel(tally)
                #expect(tally.all == Array(repeating: 1, count: tasks))
            }
        }

        @Test func eachTaskRunsOnceWithSeveralCallersWhileTheThreadsChange() async {
            await withTaskGroup(of: Bool.self) { group in
                for caller in 0..<6 {
                    group.addTask {
                        (0..<200).allSatisfy { round in
                            steward_set_threads(Int32((caller + round) % 5))
                            let tally = Tally(1 + (round * 7 + caller) % 40)
                            parallel(tally)
                            return tally.all.allSatisfy { $0 == 1 }
                        }
                    }
                }
                for await right in group { #expect(right) }
            }
            steward_set_threads(0)
        }

        @Test func aCallFromWithinATaskRunsItsTasksToo() {
            let tally = Tally(30)
            steward_parallel(
                4,
                { context, _ in parallel(Unmanaged<Tally>.fromOpaque(context!).takeUnretainedValue()) },
                Unmanaged.passUnretained(tally).toOpaque())
            #expect(tally.all == Array(repeating: 4, count: 30))
        }

        @Test func threadsAreCountedWithTheCaller() {
            steward_set_threads(3)
            #expect(steward_threads() == 3)
            steward_set_threads(0)
            #expect(steward_threads() >= 1)
        }
    }
}
