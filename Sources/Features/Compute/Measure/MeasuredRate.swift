/// One measured figure: what, where, how often, and the result.
public struct MeasuredRate: Hashable, Sendable, Codable {
    /// The case: `matrix product 1024`, `memory`.
    public var name: String
    /// `one core`, `all cores`, `cuda:0`.
    public var place: String
    /// `GFLOP/s`, `GB/s`, `us`.
    public var unit: String
    /// Whether more is better, as for rates, or less, as for times.
    public var higherIsBetter: Bool
    /// The middle of the repetitions.
    public var median: Double
    /// The best repetition.
    public var best: Double
    /// Repetitions.
    public var count: Int

    /// The figure of these repetitions, of which there is at least one.
    package init(name: String, place: String, unit: String, higherIsBetter: Bool, samples: [Double]) {
        precondition(!samples.isEmpty, "a figure has at least one repetition")
        let sorted = samples.sorted()
        self.name = name
        self.place = place
        self.unit = unit
        self.higherIsBetter = higherIsBetter
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        best = higherIsBetter ? sorted[sorted.count - 1] : sorted[0]
        count = sorted.count
    }

    /// How many times as good as `other` this is, by the medians; nil where that says nothing.
    public func ratio(to other: MeasuredRate) -> Double? {
        guard median > 0, other.median > 0, unit == other.unit else { return nil }
        return higherIsBetter ? median / other.median : other.median / median
    }
}

/// A case that could not be measured in a place, and why.
public struct NotMeasured: Hashable, Sendable, Codable {
    /// The case.
    public var name: String
    /// Where.
    public var place: String
    /// A full sentence.
    public var reason: String

    /// `reason` is a full sentence, with the way out.
    public init(name: String, place: String, reason: String) {
        self.name = name
        self.place = place
        self.reason = reason
    }
}
