/// Mean and variance as they come (Welford).
struct Moments {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    }

    var variance: Double { count > 1 ? squares / (count - 1) : 0 }

    /// Welch's t of two classes.
    static func t(_ left: Moments, _ right: Moments) -> Double {
        let error = left.variance / left.count + right.variance / right.count
        return error > 0 ? (left.mean - right.mean) / error.squareRoot() : 0
    }
}

/// Times of two classes of inputs, taken in random order.
struct TwoClasses {
    private(set) var samples: [(isSecond: Bool, nanoseconds: Double)] = []

    mutating func add(_ isSecond: Bool, _ nanoseconds: UInt64) { samples.append((isSecond, Double(nanoseconds))) }

    /// The largest |t| over crops at the 90th and 99th percentile and none, as dudect does (Reparaz, Balasch and Verbauwhede,
    /// 2017): interrupts make a tail that says nothing of the code.
    var largestT: (t: Double, crop: String, means: (Double, Double)) {
        let sorted = samples.map(\.nanoseconds).sorted()
        var worst = (t: 0.0, crop: "", means: (0.0, 0.0))
        for (crop, part) in [("90 %", 0.9), ("99 %", 0.99), ("all", 1.0)] {
            let limit = sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
            var (first, second) = (Moments(), Moments())
            for sample in samples where sample.nanoseconds <= limit {
                if sample.isSecond { second.add(sample.nanoseconds) } else { first.add(sample.nanoseconds) }
            }
            let t = Moments.t(first, second)
            if abs(t) >= abs(worst.t) { worst = (t, crop, (first.mean, second.mean)) }
        }
        return worst
    }
}
