/// How long a measurement may take.
public enum BenchEffort: String, Hashable, Sendable, Codable, CaseIterable {
    /// A fraction of a second a figure: what `steward compute devices` shows.
    case quick
    /// Some seconds a figure.
    case thorough

    /// Seconds a figure, warming up excluded.
    package var seconds: Double { self == .quick ? 0.1 : 1.5 }
    /// Repetitions at least, however long one takes.
    package var fewest: Int { self == .quick ? 3 : 7 }
}

/// Something to measure in each place.
public struct BenchCase: Sendable {
    /// What the table's row is called.
    public var name: String
    /// Of the figures: `GFLOP/s`, `ms a step`.
    public var unit: String
    /// Whether more is better.
    public var higherIsBetter: Bool
    /// Sets the case up in a place and returns what measures it once, in `unit`.
    public var prepare: @Sendable (BenchPlace) throws(ComputeError) -> Repetition

    /// Does the work once and returns the figure.
    public typealias Repetition = () throws(ComputeError) -> Double

    /// A case of its own; ``standard`` has the usual ones.
    public init(
        name: String, unit: String, higherIsBetter: Bool,
        prepare: @escaping @Sendable (BenchPlace) throws(ComputeError) -> Repetition
    ) {
        self.name = name
        self.unit = unit
        self.higherIsBetter = higherIsBetter
        self.prepare = prepare
    }

    /// A case whose figure is the time of `work` in milliseconds: a training step, say. `work` returns when it is done.
    public static func milliseconds(
        _ name: String, _ prepare: @escaping @Sendable (Device) throws(ComputeError) -> () throws(ComputeError) -> Void
    ) -> BenchCase {
        BenchCase(name: name, unit: "ms", higherIsBetter: false) { (place) throws(ComputeError) -> Repetition in
            let work = try prepare(try place.device())
            return { () throws(ComputeError) -> Double in try seconds(work) * 1e3 }
        }
    }

    /// Measures in one place: once to warm up, then as often as fits.
    package func measure(in place: BenchPlace, effort: BenchEffort) throws(ComputeError) -> MeasuredRate {
        let samples = try place.withThreads { () throws(ComputeError) -> [Double] in
            let repetition = try prepare(place)
            _ = try repetition()
            var samples: [Double] = []
            let start = ContinuousClock.now
            while samples.count < effort.fewest
                || samples.count < 1000 && ContinuousClock.now - start < .seconds(effort.seconds)
            {
                samples.append(try repetition())
            }
            return samples
        }
        return MeasuredRate(
            name: name, place: place.name, unit: unit, higherIsBetter: higherIsBetter, samples: samples)
    }
}

/// Seconds that `work` takes.
package func seconds(_ work: () throws(ComputeError) -> Void) throws(ComputeError) -> Double {
    let start = ContinuousClock.now
    try work()
    let (whole, attoseconds) = (ContinuousClock.now - start).components
    return Double(whole) + Double(attoseconds) * 1e-18
}
