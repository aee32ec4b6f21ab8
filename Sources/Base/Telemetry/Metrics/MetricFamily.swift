import Synchronization

/// The three types of metric that are rendered.
enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// What every family has: name, help text, type and label names.
struct MetricDescription: Hashable, Sendable {
    let name: String
    let help: String
    let kind: MetricKind
    let labels: [String]

    /// Stops the program on a name that the format does not allow (metric names
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, label names without the colon and not starting with `__`).
    init(name: String, help: String, kind: MetricKind, labels: [String]) {
        precondition(Self.isName(name, colons: true), "\(name) is not a metric name")
        precondition(kind != .counter || name.hasSuffix("_total"), "the counter \(name) must end in _total")
        precondition(kind == .counter || !name.hasSuffix("_total"), "\(name) is no counter, but ends in _total")
        for label in labels {
            precondition(
                Self.isName(label, colons: false) && !label.hasPrefix("__") && !(kind == .histogram && label == "le"),
                "\(label) is not a label name for \(name)")
        }
        precondition(Set(labels).count == labels.count, "\(name) has a label twice")
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
    }

    private static func isName(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy {
            switch $0 {
            case 97...122, 65...90, 48...57, 95: true
            case 58: colons
            default: false
            }
        }
    }
}

/// A metric with labels: one instrument for each set of label values, found once and then kept by whoever
/// counts.
package final class MetricFamily<Instrument: AnyObject & Sendable>: Sendable {
    private struct State {
        var series: [[String]: Instrument] = [:]
        var overflowed: UInt64 = 0
    }

    let description: MetricDescription
    private let limit: Int
    private let make: @Sendable () -> Instrument
    private let state = Mutex(State())

    /// The value of every label of the series that takes what is beyond the bound.
    package static var overflowValue: String { "_other" }

    init(_ description: MetricDescription, limit: Int, make: @escaping @Sendable () -> Instrument) {
        self.description = description
        self.limit = limit
        self.make = make
    }

    /// The instrument for `values`, one for each label in order; the same one for the same values. Beyond the bound
    /// on series all further values share one whose labels are all `_other`. Takes a lock: keep the result.
    package func with(_ values: String...) -> Instrument { with(values) }

    /// The instrument for `values`, one for each label in order.
    package func with(_ values: [String]) -> Instrument {
        precondition(
            values.count == description.labels.count,
            "\(description.name) has \(description.labels.count) labels, not \(values.count)")
        return state.withLock { state in
            if let known = state.series[values] { return known }
            var key = values
            if state.series.count >= limit {
                state.overflowed += 1
                key = values.map { _ in Self.overflowValue }
                if let known = state.series[key] { return known }
            }
            let instrument = make()
            state.series[key] = instrument
            return instrument
        }
    }

    /// Forgets the series of `values`, as when a route is gone.
    package func remove(_ values: [String]) {
        state.withLock { _ = $0.series.removeValue(forKey: values) }
    }

    /// All series, sorted by their label values.
    var series: [([String], Instrument)] {
        state.withLock { $0.series }.map { ($0.key, $0.value) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }

    /// How often label values were beyond the bound.
    var overflowed: UInt64 { state.withLock { $0.overflowed } }
}

package typealias CounterFamily = MetricFamily<Counter>
package typealias GaugeFamily = MetricFamily<Gauge>
package typealias HistogramFamily = MetricFamily<Histogram>
