import Testing

@testable import StewardScripts

@Suite struct SchedulerTests {
    @Test func unknownScriptsRunOneToAnOverflowWorker() {
        let fixture = SchedulerFixture()
        let script = fixture.script()
        let calls = (0..<3).map { _ in fixture.submit(script) }
        fixture.tick(after: 41_000_000)
        #expect(Set(calls.compactMap(\.worker?.id)).count == 3)
        #expect(calls.allSatisfy { $0.worker?.role == .overflow })
    }

    @Test func aBurstOfAnUnknownScriptWaitsForItsFirstMeasurement() {
        let fixture = SchedulerFixture()
        let script = fixture.script()
        let calls = (0..<64).map { _ in fixture.submit(script) }
        let before = fixture.scheduler.workers.count
        #expect(before <= 5)
        fixture.answer(calls[0], wall: 10)
        #expect(fixture.scheduler.slow.isEmpty)
        #expect(calls.contains { $0.worker?.role == .primary })
        #expect(fixture.scheduler.workers.count <= before + 2)
    }

    @Test func anExpensiveFirstCallDoesNotDecideTheClass() {
        var profile = ScriptProfile()
        profile.record(wall: 30_000, cpu: 30_000, streamed: false)
        #expect(profile.scriptClass == .computing)
        profile.record(wall: 20, cpu: 20, streamed: false)
        #expect(profile.scriptClass == .quick)
    }

    @Test func quickCallsArePackedOntoTheFirstPrimary() {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        fixture.answer(fixture.submit(script))
        let calls = (0..<10).map { _ in fixture.submit(script) }
        #expect(Set(calls.compactMap(\.worker?.id)).count == 1)
        #expect(calls[0].worker?.role == .primary)
    }

    @Test func aFullPrimaryMakesRoomForASecondOne() {
        var limits = Scheduler.Limits()
        limits.primaries = 2
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 88)
        fixture.answer(fixture.submit(script), wall: 88)
        let calls = (0..<40).map { _ in fixture.submit(script) }
        let workers = Set(calls.compactMap(\.worker?.id))
        #expect(workers.count == 2)
        #expect(fixture.scheduler.queued > 0)
        #expect(fixture.scheduler.workers.allSatisfy { $0.role != .primary || $0.backlog <= limits.pack })
    }

    @Test func atMostOneComputingCallACore() {
        var limits = Scheduler.Limits()
        limits.computing = 2
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 5000, cpu: 5000)
        let calls = (0..<5).map { _ in fixture.submit(script) }
        #expect(fixture.sent.count == 2)
        fixture.answer(calls[0], wall: 5000, cpu: 5000)
        #expect(fixture.sent.count == 3)
    }

    @Test func sleepersHoldNoQuickCallUp() {
        let fixture = SchedulerFixture()
        let sleeper = fixture.script(wall: 50_000)
        for _ in 0..<70 { fixture.submit(sleeper) }
        #expect(fixture.scheduler.slow.count == 6)
        let hello = fixture.submit(fixture.script(wall: 10))
        #expect(hello.worker?.role == .primary)
    }

    @Test func aStalledPrimaryIsPokedOnceAndItsCallsGoElsewhere() throws {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        fixture.answer(fixture.submit(script))
        let calls = (0..<4).map { _ in fixture.submit(script) }
        let stuck = try #require(calls[0].worker)
        fixture.tick(after: 6_000_000)
        fixture.tick(after: 6_000_000)
        #expect(fixture.poked == [stuck.id])
        fixture.scheduler.givenBack(calls.dropFirst().map(\.id), by: stuck, now: fixture.now)
        fixture.settle()
        #expect(calls[0].worker === stuck)
        // The other primary loads the script with the first of them; the rest follow.
        for call in calls.dropFirst() { fixture.answer(call) }
        #expect(calls.dropFirst().allSatisfy { $0.sink == nil && fixture.lastWorker(of: $0) != stuck.id })
    }

    @Test func theDeadlineKillsTheWorkerAndMovesWhatHadNotBegun() throws {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        fixture.answer(fixture.submit(script))
        let hung = fixture.submit(script, timeout: 50_000_000)
        let waiting = fixture.submit(script)
        let worker = try #require(hung.worker)
        fixture.tick(after: 51_000_000)
        #expect(fixture.killed == [worker.id])
        guard case .deadline(started: true) = fixture.failures[hung.id] else { Issue.record("no 504"); return }
        fixture.die(worker, started: worker.answered + 1)
        #expect(fixture.failures[waiting.id] == nil)
        #expect(waiting.worker != nil && waiting.worker !== worker)
    }

    @Test func aCrashFailsOnlyTheRunningCall() throws {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        fixture.answer(fixture.submit(script))
        let calls = (0..<5).map { _ in fixture.submit(script, isSafe: false) }
        let worker = try #require(calls[0].worker)
        fixture.die(worker, started: worker.answered + 1, status: -11)
        guard case .crashed(status: -11) = fixture.failures[calls[0].id] else { Issue.record("no 502"); return }
        #expect(fixture.failures.count == 1)
        for call in calls.dropFirst() { fixture.answer(call) }
        #expect(calls.dropFirst().allSatisfy { $0.sink == nil && fixture.lastWorker(of: $0) != worker.id })
    }

    @Test func aFinishedCallWhoseReplyWasLostRunsAgainOnlyIfItIsSafe() throws {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        fixture.answer(fixture.submit(script))
        let safe = fixture.submit(script, isSafe: true)
        let unsafe = fixture.submit(script, isSafe: false)
        let running = fixture.submit(script, isSafe: true)
        let worker = try #require(safe.worker)
        fixture.die(worker, started: worker.answered + 3)
        #expect(fixture.failures.keys.sorted() == [unsafe.id, running.id])
        #expect(safe.worker !== worker)
    }

    @Test func aFullQueueRefuses() {
        var limits = Scheduler.Limits()
        limits.overflow = 1
        limits.queue = 2
        let fixture = SchedulerFixture(limits)
        let script = fixture.script()
        let calls = (0..<4).map { _ in fixture.submit(script) }
        guard case .overloaded = fixture.failures[calls[3].id] else { Issue.record("not refused"); return }
        #expect(fixture.failures.count == 1)
    }

    @Test func aCallThatWaitsTooLongFailsWithoutHavingRun() {
        var limits = Scheduler.Limits()
        limits.overflow = 1
        let fixture = SchedulerFixture(limits)
        let script = fixture.script()
        fixture.submit(script)
        let late = fixture.submit(script, timeout: 10_000_000)
        fixture.tick(after: 11_000_000)
        guard case .deadline(started: false) = fixture.failures[late.id] else { Issue.record("still there"); return }
        #expect(fixture.killed.isEmpty)
        #expect(fixture.scheduler.queued == 0)
    }

    @Test func aCancelledCallThatWaitsNeverRuns() {
        var limits = Scheduler.Limits()
        limits.overflow = 1
        let fixture = SchedulerFixture(limits)
        let script = fixture.script()
        let first = fixture.submit(script)
        let cancelled = fixture.submit(script)
        fixture.scheduler.cancel(cancelled, killAt: .max)
        fixture.answer(first)
        #expect(!fixture.sent.contains { $0.call == cancelled.id })
    }

    @Test func aRunningCallWhoseClientLeftIsKilledAfterTheGrace() throws {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script())
        let worker = try #require(call.worker)
        fixture.scheduler.cancel(call, killAt: fixture.now + 10_000_000)
        fixture.tick(after: 5_000_000)
        #expect(fixture.killed.isEmpty)
        fixture.tick(after: 6_000_000)
        #expect(fixture.killed == [worker.id])
    }

    @Test func workersThatDieAtStartDoNotLoopForEver() {
        let fixture = SchedulerFixture()
        let script = fixture.script()
        let call = fixture.submit(script)
        for _ in 0..<10 {
            guard let worker = call.worker, worker.state == .ready else { break }
            fixture.die(worker, started: 0, status: 1)
        }
        #expect(fixture.failures[call.id] != nil)
        #expect(fixture.scheduler.workers.count < 70)
    }

    @Test func idleOverflowWorkersLeaveButOneStays() {
        let fixture = SchedulerFixture()
        let sleeper = fixture.script(wall: 50_000)
        let calls = (0..<5).map { _ in fixture.submit(sleeper) }
        for call in calls { fixture.answer(call, wall: 50_000) }
        fixture.now += 31_000_000_000
        fixture.scheduler.trim(now: fixture.now)
        fixture.settle()
        #expect(fixture.retired.count == 4)
    }

    /// Whatever happens in whatever order, no call is lost, none runs at two workers, none is answered twice.
    @Test(arguments: 0..<40) func noCallIsLostInARandomStorm(seed: UInt64) {
        var random = SplitMix(state: seed)
        var limits = Scheduler.Limits()
        limits.overflow = 6
        limits.queue = 10_000
        let fixture = SchedulerFixture(limits)
        let scripts = [
            fixture.script(), fixture.script(wall: 20), fixture.script(wall: 20_000),
            fixture.script(wall: 5000, cpu: 5000),
        ]
        var calls: [Call] = []
        for _ in 0..<1500 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4: calls.append(fixture.submit(scripts.randomElement(using: &random)!, timeout: .max / 4))
            case 5...7:
                let busy = fixture.scheduler.workers.filter { $0.state == .ready && !$0.calls.isEmpty }
                if let head = busy.randomElement(using: &random)?.calls.first { fixture.answer(head) }
            case 8: fixture.tick(after: 6_000_000)
            default:
                guard let worker = fixture.scheduler.workers.randomElement(using: &random) else { continue }
                if worker.isPoked {
                    fixture.scheduler.givenBack(worker.calls.dropFirst().map(\.id), by: worker, now: fixture.now)
                    fixture.settle()
                } else if Bool.random(using: &random), worker.answered > 0 {
                    fixture.die(worker, started: worker.answered + (worker.calls.isEmpty ? 0 : 1))
                }
            }
            fixture.now += 1000
        }
        for _ in 0..<20_000 {
            guard let worker = fixture.scheduler.workers.first(where: { !$0.calls.isEmpty }) else { break }
            fixture.answer(worker.calls[0])
        }
        #expect(fixture.scheduler.queued == 0)
        #expect(calls.allSatisfy { $0.sink == nil })
        #expect(fixture.scheduler.workers.allSatisfy { $0.calls.isEmpty && abs($0.backlog) < 0.001 })
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        let mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        return mixed ^ (mixed >> 27)
    }
}
