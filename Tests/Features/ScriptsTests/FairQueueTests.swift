import NIOCore
import StewardCore
import Testing

@testable import StewardScripts

/// Makes calls of callers, with scripts of a known cost.
private final class Source {
    private var scripts: [Int: Script] = [:]
    private var nextID: UInt32 = 0

    func call(of caller: UInt64, cost: Int = 100) -> Call {
        nextID += 1
        let script = scripts[cost] ?? SchedulerFixture(started: false).script(wall: Double(cost), cpu: 1)
        scripts[cost] = script
        return Call(
            id: nextID, script: script, trace: TraceID(high: 1, low: 1), payload: ByteBuffer(), isSafe: true,
            submitted: 1, deadline: .max, sink: NoSink(flow: caller))
    }
}

extension FairQueue {
    /// Serves the next call and says whose it was.
    fileprivate mutating func next() -> UInt64? {
        guard let call = first else { return nil }
        serve(call)
        return call.flow
    }
}

@Suite struct FairQueueTests {
    private let source = Source()

    @Test func aSingleCallerIsServedInItsOrder() {
        var queue = FairQueue()
        let calls = (0..<50).map { _ in source.call(of: 1) }
        for call in calls { queue.append(call) }
        var served: [UInt32] = []
        while let call = queue.first {
            served.append(call.id)
            queue.serve(call)
        }
        #expect(served == calls.map(\.id) && queue.isEmpty)
    }

    @Test func whoeverComesToAFloodIsServedNextAndThenInTurn() {
        var queue = FairQueue()
        for _ in 0..<100 { queue.append(source.call(of: 1)) }
        for _ in 0..<10 { #expect(queue.next() == 1) }
        for caller in [2, 2, 3, 2] as [UInt64] { queue.append(source.call(of: caller)) }
        let next = (0..<8).compactMap { _ in queue.next() }
        #expect(next.prefix(3).sorted() == [1, 2, 3], "\(next)")
        #expect(next.count { $0 == 2 } == 3 && next.count { $0 == 3 } == 1, "\(next)")
    }

    @Test func turnsGoByMeasuredCostNotByCount() {
        var queue = FairQueue()
        for _ in 0..<1000 { queue.append(source.call(of: 1, cost: 10_000)) }
        for _ in 0..<1000 { queue.append(source.call(of: 2, cost: 1000)) }
        let served = (0..<550).compactMap { _ in queue.next() }
        #expect((48...53).contains(served.count { $0 == 1 }), "\(served.count { $0 == 1 }) of 550")
    }

    @Test func anExpensiveCallerThatWaitsForEachAnswerGetsNoMoreThanItsShare() {
        var queue = FairQueue()
        for _ in 0..<2000 { queue.append(source.call(of: 2, cost: 1000)) }
        var works: [UInt64: Int] = [:]
        for _ in 0..<1000 {
            if queue.count(of: 1) == 0 { queue.append(source.call(of: 1, cost: 50_000)) }
            guard let caller = queue.next() else { break }
            works[caller, default: 0] += caller == 1 ? 50_000 : 1000
        }
        let share = Double(works[1] ?? 0) / Double((works[1] ?? 0) + (works[2] ?? 0))
        #expect((0.4...0.6).contains(share), "\(share)")
    }

    @Test func turnsThatWereNotTakenAreNotSavedUp() {
        var queue = FairQueue()
        for _ in 0..<500 { queue.append(source.call(of: 1)) }
        for _ in 0..<300 { _ = queue.next() }
        for _ in 0..<50 { queue.append(source.call(of: 2)) }
        let served = (0..<20).compactMap { _ in queue.next() }
        #expect((9...11).contains(served.count { $0 == 2 }), "\(served)")
    }

    @Test func aCallThatComesBackIsTheFirstOfItsCallerAgain() {
        var queue = FairQueue()
        let calls = (0..<3).map { _ in source.call(of: 1) }
        let other = source.call(of: 2)
        for call in calls + [other] { queue.append(call) }
        queue.serve(calls[0])
        queue.prepend(calls[0])
        #expect(queue.first === calls[0])
        queue.serve(calls[0])
        #expect(queue.first === other)
    }

    /// For callers that always have calls waiting, work differs by no more than the largest call of each
    /// (Goyal, Vin and Cheng, theorem 1).
    @Test func workOfThoseWhoWaitDiffersByNoMoreThanOneCallEach() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            var queue = FairQueue()
            let costs = (0..<5).map { _ in [100, 1000, 5000, 20_000].randomElement(using: &random)! }
            var work = [Double](repeating: 0, count: 5)
            for _ in 0..<500 {
                for caller in 0..<5 where queue.count(of: UInt64(caller)) < 3 {
                    queue.append(source.call(of: UInt64(caller), cost: costs[caller]))
                }
                if let caller = queue.next() {
                    work[Int(caller)] += Double(costs[Int(caller)]) + ScriptProfile.overhead
                }
                for (one, other) in zip(0..<4, 1..<5) {
                    let bound = Double(costs[one] + costs[other]) + 2 * ScriptProfile.overhead
                    #expect(abs(work[one] - work[other]) <= bound + 0.001, "\(costs) \(work)")
                }
            }
        }
    }

    /// Whatever happens, every call is there until it is served or taken out, each caller's in its order.
    @Test func noCallIsLostOrDoubledByAnySequenceOfChanges() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            var queue = FairQueue()
            var model: [UInt64: [Call]] = [:]
            var served: [Call] = []
            for _ in 0..<300 {
                let caller = UInt64.random(in: 0..<8, using: &random)
                switch Int.random(in: 0..<12, using: &random) {
                case 0..<5:
                    let call = source.call(of: caller, cost: [10, 100, 1000].randomElement(using: &random)!)
                    queue.append(call)
                    model[caller, default: []].append(call)
                case 5..<9:
                    guard let call = queue.first else { continue }
                    #expect(model[call.flow]?.first === call)
                    model[call.flow]?.removeFirst()
                    queue.serve(call)
                    served.append(call)
                case 9:
                    guard let call = served.popLast() else { continue }
                    queue.prepend(call)
                    model[call.flow, default: []].insert(call, at: 0)
                case 10:
                    let call = queue.removeLast(of: caller)
                    #expect(call === model[caller]?.popLast())
                default:
                    let kept = UInt32.random(in: 2...5, using: &random)
                    let removed = queue.remove { $0.id % kept == 0 }
                    #expect(Set(removed.map(\.id)) == Set(model.values.joined().map(\.id).filter { $0 % kept == 0 }))
                    for caller in model.keys { model[caller]?.removeAll { $0.id % kept == 0 } }
                }
                #expect(queue.count == model.values.reduce(0) { $0 + $1.count })
                #expect(queue.lanes.count == model.values.count { !$0.isEmpty })
            }
            while let call = queue.first {
                #expect(model[call.flow]?.removeFirst() === call)
                queue.serve(call)
            }
            #expect(model.values.allSatisfy { $0.isEmpty })
        }
    }
}

/// What the scheduler makes of it.
@Suite struct FairnessTests {
    /// One computing call at a time; the second caller's waits behind one of the first's, not behind fifty.
    @Test func aFloodOfComputingCallsLetsOthersPass() {
        var limits = Scheduler.Limits()
        limits.computing = 1
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 5000, cpu: 5000)
        let flood = (0..<50).map { _ in fixture.submit(script, from: 1) }
        let polite = fixture.submit(script, from: 2)
        fixture.answer(flood[0], wall: 5000, cpu: 5000)
        fixture.answer(flood[1], wall: 5000, cpu: 5000)
        #expect(polite.worker != nil)
    }

    @Test func aFloodOfSleepersLetsOthersPass() {
        var limits = Scheduler.Limits()
        limits.overflow = 4
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 50_000)
        let flood = (0..<50).map { _ in fixture.submit(script, from: 1) }
        let polite = (0..<2).map { _ in fixture.submit(script, from: 2) }
        for call in flood.prefix(4) { fixture.answer(call, wall: 50_000) }
        #expect(polite.allSatisfy { $0.worker != nil })
    }

    @Test func aFloodOfQuickCallsLetsOthersPass() {
        var limits = Scheduler.Limits()
        limits.primaries = 1
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 88)
        fixture.answer(fixture.submit(script), wall: 88)
        let flood = (0..<200).map { _ in fixture.submit(script, from: 1) }
        let polite = fixture.submit(script, from: 2)
        #expect(polite.worker == nil)
        for call in flood.prefix(3) { fixture.answer(call, wall: 88) }
        #expect(polite.worker != nil)
    }

    @Test func aFullQueueCostsTheCallerWithTheMostCallsItsLast() {
        var limits = Scheduler.Limits()
        limits.computing = 1
        limits.queue = 20
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 5000, cpu: 5000)
        let flood = (0..<30).map { _ in fixture.submit(script, from: 1) }
        #expect(fixture.failures.count == 9, "one runs, twenty wait")
        let polite = (0..<3).map { _ in fixture.submit(script, from: 2) }
        #expect(polite.allSatisfy { fixture.failures[$0.id] == nil })
        for call in flood[18...20] {
            guard case .overloaded = fixture.failures[call.id] else {
                return #expect(Bool(false), "the last ones lose")
            }
        }
        #expect(fixture.scheduler.queued == 20)
        _ = (0..<30).map { _ in fixture.submit(script, from: 2) }
        #expect(fixture.scheduler.computing.count(of: 1) == 10 && fixture.scheduler.computing.count(of: 2) == 10)
    }

    @Test func amongEqualsTheNewcomerIsRefused() {
        var limits = Scheduler.Limits()
        limits.computing = 1
        limits.queue = 10
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 5000, cpu: 5000)
        for caller in 0..<11 { fixture.submit(script, from: UInt64(caller)) }
        let call = fixture.submit(script, from: 99)
        guard case .overloaded = fixture.failures[call.id] else { return #expect(Bool(false), "it must be refused") }
        #expect(fixture.failures.count == 1)
    }

    @Test func aFloodThatWaitsForCardsMakesRoomToo() {
        var limits = Scheduler.Limits()
        limits.queue = 5
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 10)
        let flood = (0..<5).map { _ in fixture.submit(script, cards: 1, from: 1) }
        let polite = fixture.submit(script, cards: 1, from: 2)
        #expect(fixture.failures[polite.id] == nil && fixture.withdrawn == [flood[4].id])
        guard case .overloaded = fixture.failures[flood[4].id] else { return #expect(Bool(false), "it must fail") }
    }
}
