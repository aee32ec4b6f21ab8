import Testing

@testable import StewardScripts

/// Workers whose rights are out of date.
@Suite struct SchedulerRenewalTests {
    private func renew(_ fixture: SchedulerFixture) {
        fixture.scheduler.renewWorkers(now: fixture.now)
        fixture.settle()
    }

    @Test func idleWorkersGoAtOnceAndTheNextCallHasAFreshOne() {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        let before = fixture.submit(script)
        fixture.answer(before)
        let old = Set(fixture.scheduler.workers.map(\.id))
        renew(fixture)
        #expect(Set(fixture.retired) == old)
        let after = fixture.submit(script)
        #expect(fixture.lastWorker(of: after).map { !old.contains($0) } == true)
    }

    @Test func aBusyWorkerFinishesWhatItHasAndGetsNothingNew() throws {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        let running = fixture.submit(script)
        let old = try #require(running.worker)
        renew(fixture)
        #expect(!fixture.retired.contains(old.id))
        for _ in 0..<20 { #expect(fixture.submit(script).worker !== old) }
        fixture.answer(running)
        #expect(fixture.retired.contains(old.id))
    }

    @Test func staleWorkersTakeNoPlaceFromFreshOnes() throws {
        var limits = Scheduler.Limits()
        limits.primaries = 1
        limits.overflow = 1
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 10)
        let old = try #require(fixture.submit(script).worker)
        for _ in 0..<5 {
            renew(fixture)
            let call = fixture.submit(script)
            #expect(call.worker != nil && call.worker !== old)
        }
        fixture.die(old, started: 1)
        #expect(fixture.scheduler.count(.primary) == 1)
    }

    @Test func aStaleWorkerPastItsDeadlineIsKilledAsAnyOther() throws {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), timeout: 1_000_000)
        let old = try #require(call.worker)
        renew(fixture)
        fixture.tick(after: 2_000_000)
        #expect(fixture.killed == [old.id])
        fixture.die(old, started: 1)
        #expect(fixture.scheduler.count(.primary) == 1)
    }

    @Test func aCallThatCouldNotBeginGoesToAFreshWorkerFirst() {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        let call = fixture.submit(script)
        let old = call.worker
        let sink = call.sink
        fixture.answer(call)
        renew(fixture)
        call.sink = sink
        fixture.scheduler.runAgain(call, now: fixture.now)
        fixture.settle()
        #expect(call.worker != nil && call.worker !== old)
    }

    @Test func aLimitIsToldInPlaceOfACrash() throws {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10))
        let worker = try #require(call.worker)
        worker.exceeded = .scratch
        fixture.die(worker, started: 1)
        guard case .exceeded(.scratch) = fixture.failures[call.id] else {
            Issue.record("\(String(describing: fixture.failures[call.id]))")
            return
        }
    }
}
