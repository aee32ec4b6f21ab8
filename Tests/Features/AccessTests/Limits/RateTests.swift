import StewardSettings
import Testing

@testable import StewardAccess

@Suite struct RateTests {
    @Test(arguments: [
        ("100/s", 100, 1, 100, "100/s"), ("20/10s", 20, 10, 20, "20/10s"), ("1000/h", 1000, 3600, 1000, "1000/h"),
        ("5/60s", 5, 60, 5, "5/m"), ("20/s burst 40", 20, 1, 40, "20/s burst 40"), ("7/d", 7, 86_400, 7, "7/d"),
        ("3/s burst 3", 3, 1, 3, "3/s"), ("1000000/s  burst  1", 1_000_000, 1, 1, "1000000/s burst 1"),
    ])
    func aRateIsReadAndWritten(text: String, count: Int, seconds: Int, burst: Int, written: String) throws {
        let rate = try Rate(parsing: text)
        #expect(rate.count == count && rate.period == UInt64(seconds) * 1_000_000_000 && rate.burst == burst)
        #expect(rate.description == written)
        #expect(try Rate(parsing: written) == rate)
    }

    @Test(arguments: [
        ("100", "write 100/s"), ("", "write 100/s"), ("/s", "is not a rate"), ("100/sec", "did you mean 100/s?"),
        ("100/minute", "did you mean 100/m?"), ("5/10S", "did you mean 5/10s?"), ("100/", "write 100/s"),
        ("0/s", "out of range"), ("1000001/s", "out of range"), ("-1/s", "is not a rate"), ("1.5/s", "is not a rate"),
        ("20/s burst", "is not a rate"), ("20/s burst 0", "out of range"), ("20/s burst x", "is not a rate"),
        ("20/s nodelay 5", "is not a rate"), ("5/0s", "out of range"), ("5/366d", "more than a year"),
        ("1/d burst 366", "more than a year"), ("99999999999999999999/s", "out of range"), ("5/s/s", "is not a rate"),
    ])
    func whatIsNoRateIsRefusedWithAWayOut(text: String, words: String) {
        do {
            Issue.record("\(text) was read as \(try Rate(parsing: text))")
        } catch {
            #expect(error.message.contains(words), "\(error.message)")
            #expect(error.message.contains("\"\(text)\""))
        }
    }
}

/// A bucket in its plainest form: drops of a 1/interval each.
private struct Bucket {
    let rate: Rate
    var level: UInt64 = 0
    var seen: UInt64 = 0

    mutating func take(now: UInt64) -> Bool {
        level -= min(level, now - seen)
        seen = now
        guard level + rate.interval <= rate.window else { return false }
        level += rate.interval
        return true
    }
}

@Suite struct MeterTests {
    private let rate = try! Rate(parsing: "10/s burst 3")

    @Test func aFullBucketGivesItsBurstAndThenOneAtATime() {
        var meter = Meter()
        for left in [2, 1, 0] {
            #expect(meter.take(rate, now: 5_000) == nil)
            #expect(meter.remaining(rate, now: 5_000) == left)
        }
        #expect(meter.take(rate, now: 5_000) == 100_000_000)
        #expect(meter.take(rate, now: 100_004_999) == 1)
        #expect(meter.take(rate, now: 100_005_000) == nil)
        #expect(meter.remaining(rate, now: 100_005_000) == 0)
        #expect(meter.isFull(at: 400_005_000) && !meter.isFull(at: 300_004_999))
    }

    @Test func aRefusedRequestCostsNothing() {
        var meter = Meter()
        for _ in 0..<3 { _ = meter.take(rate, now: 0) }
        for _ in 0..<1000 { #expect(meter.take(rate, now: 1) != nil) }
        #expect(meter.take(rate, now: 100_000_000) == nil)
    }

    @Test func aClockThatGoesBackOrStandsAtItsEndsHoldsNobodyUpForLong() {
        var meter = Meter()
        for _ in 0..<3 { _ = meter.take(rate, now: 1 << 60) }
        #expect(meter.take(rate, now: 0) == rate.interval)
        #expect(meter.remaining(rate, now: 0) == 0)
        meter.charge(rate, now: 0)
        #expect(meter.fullAt == rate.window)
        var late = Meter()
        for _ in 0..<3 { #expect(late.take(rate, now: .max) == nil) }
        #expect(late.fullAt == .max)
        #expect(late.take(rate, now: .max) == nil, "the clock can't go on: nothing is used")
    }

    @Test func aSmallerRateNeverLeavesMoreDebtThanItsOwnBucket() throws {
        var meter = Meter()
        let large = try Rate(parsing: "1/d burst 300")
        for _ in 0..<300 { _ = meter.take(large, now: 0) }
        #expect(meter.wait(rate, now: 0) == rate.interval)
        #expect(meter.take(rate, now: rate.interval) != nil, "what the old rate took still counts, as an empty bucket")
        meter.charge(rate, now: rate.interval)
        #expect(meter.take(rate, now: 2 * rate.interval) == nil)
    }

    @Test func itDecidesAsABucketDoesOnRandomWalksThroughTime() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let text = "\(Int.random(in: 1...1000, using: &random))/\(Int.random(in: 1...90, using: &random))s"
            let rate = try Rate(parsing: text + " burst \(Int.random(in: 1...50, using: &random))")
            var (meter, bucket) = (Meter(), Bucket(rate: rate))
            var now = UInt64.random(in: 0...(1 << 40), using: &random)
            bucket.seen = now
            var taken = 0
            let start = now
            for _ in 0..<200 {
                now +=
                    UInt64.random(in: 0...(3 * rate.interval), using: &random)
                    * UInt64.random(in: 0...1, using: &random)
                let isTaken = meter.take(rate, now: now) == nil
                #expect(isTaken == bucket.take(now: now), "\(rate)")
                taken += isTaken ? 1 : 0
                #expect(UInt64(taken) <= UInt64(rate.burst) + (now - start) / rate.interval)
                #expect((0..<rate.burst + 1).contains(meter.remaining(rate, now: now)))
            }
        }
    }
}

/// xorshift64*, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
