import Synchronization

/// A number that only grows.
package final class Counter: Sendable {
    private let total = Atomic<UInt64>(0)

    init() {}

    /// Adds `amount`; a few nanoseconds, from any thread.
    package func increment(by amount: Int = 1) {
        total.wrappingAdd(UInt64(max(amount, 0)), ordering: .relaxed)
    }

    /// What was counted so far.
    package var value: UInt64 { total.load(ordering: .relaxed) }
}

/// A whole number that goes up and down.
package final class Gauge: Sendable {
    private let current = Atomic<Int>(0)

    init() {}

    /// Sets the number.
    package func set(_ value: Int) { current.store(value, ordering: .relaxed) }

    /// Adds `amount`, which may be negative.
    package func add(_ amount: Int) { current.wrappingAdd(amount, ordering: .relaxed) }

    /// The number now.
    package var value: Int { current.load(ordering: .relaxed) }
}

/// The buckets of a histogram: upper bounds in whole units of what is observed, and how many of those make
/// one of the unit that is shown.
package struct Buckets: Hashable, Sendable {
    let bounds: [Int]
    let scale: Int

    /// `bounds` in rising order, in the unit that `observe` is given; `scale` of it make one unit of the
    /// metric (1,000,000 for microseconds shown as seconds).
    package init(_ bounds: [Int], scale: Int) {
        precondition(!bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy(<), "bucket bounds must rise")
        precondition(scale > 0, "the scale of a histogram must be positive")
        self.bounds = bounds
        self.scale = scale
    }

    /// 0.5 ms to 60 s for durations observed in microseconds and shown in seconds.
    package static let latency = Buckets(
        [
            500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
            5_000_000, 10_000_000, 30_000_000, 60_000_000,
        ], scale: 1_000_000)

    /// 256 B to 64 MiB for sizes in bytes.
    package static let size = Buckets(
        [256, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 24, 1 << 26], scale: 1)
}

/// How often values fell into each of a fixed set of ranges.
package final class Histogram: @unchecked Sendable {
    let buckets: Buckets
    // One cell a bound, one for what lies above all of them.
    private let cells: UnsafeMutableBufferPointer<Atomic<UInt64>>
    private let bounds: UnsafeMutableBufferPointer<Int>
    private let sum = Atomic<Int>(0)

    init(_ buckets: Buckets) {
        self.buckets = buckets
        bounds = .allocate(capacity: buckets.bounds.count)
        _ = bounds.initialize(from: buckets.bounds)
        cells = .allocate(capacity: buckets.bounds.count + 1)
        for index in cells.indices { cells.initializeElement(at: index, to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize()
        cells.deallocate()
        bounds.deinitialize()
        bounds.deallocate()
    }

    /// Counts `value`, in the unit of the bounds; from any thread.
    package func observe(_ value: Int) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        cells[index].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    /// Counts for each bound and above all of them, not summed up, and the sum of the values.
    var snapshot: (counts: [UInt64], sum: Int) {
        (cells.indices.map { cells[$0].load(ordering: .relaxed) }, sum.load(ordering: .relaxed))
    }
}
