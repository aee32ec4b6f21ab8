import Synchronization

/// All metrics of the process, rendered in Prometheus' text format.
///
/// Families are made once at the start. Asking again for the same name with the same shape gives the same
/// family; with another shape it stops the program.
package final class MetricsRegistry: Sendable {
    /// Values that are read when the metrics are rendered: label values and number.
    package typealias Reading = @Sendable () -> [([String], Double)]

    enum Family: Sendable {
        case counters(CounterFamily)
        case gauges(GaugeFamily)
        case histograms(HistogramFamily, Buckets)
        case observed(MetricDescription, Reading)

        var description: MetricDescription {
            switch self {
            case .counters(let family): family.description
            case .gauges(let family): family.description
            case .histograms(let family, _): family.description
            case .observed(let description, _): description
            }
        }

        var overflowed: UInt64 {
            switch self {
            case .counters(let family): family.overflowed
            case .gauges(let family): family.overflowed
            case .histograms(let family, _): family.overflowed
            case .observed: 0
            }
        }
    }

    private let families = Mutex<[String: Family]>([:])
    private let seriesLimit: Int

    /// An empty registry; each family holds at most `seriesLimit` series and one more for the rest.
    package init(seriesLimit: Int = 2000) {
        self.seriesLimit = seriesLimit
    }

    /// Counters with labels. The name ends in `_total`.
    package func counters(_ name: String, help: String, labels: [String]) -> CounterFamily {
        let description = MetricDescription(name: name, help: help, kind: .counter, labels: labels)
        let family = register(description) {
            .counters(CounterFamily(description, limit: seriesLimit) { Counter() })
        }
        guard case .counters(let found) = family else { fatalError("\(name) is read by a callback") }
        return found
    }

    /// A counter without labels. The name ends in `_total`.
    package func counter(_ name: String, help: String) -> Counter {
        counters(name, help: help, labels: []).with([])
    }

    /// Gauges with labels.
    package func gauges(_ name: String, help: String, labels: [String]) -> GaugeFamily {
        let description = MetricDescription(name: name, help: help, kind: .gauge, labels: labels)
        let family = register(description) { .gauges(GaugeFamily(description, limit: seriesLimit) { Gauge() }) }
        guard case .gauges(let found) = family else { fatalError("\(name) is read by a callback") }
        return found
    }

    /// A gauge without labels.
    package func gauge(_ name: String, help: String) -> Gauge {
        gauges(name, help: help, labels: []).with([])
    }

    /// Histograms with labels.
    package func histograms(
        _ name: String, help: String, labels: [String], buckets: Buckets = .latency
    ) -> HistogramFamily {
        let description = MetricDescription(name: name, help: help, kind: .histogram, labels: labels)
        let family = register(description) {
            .histograms(HistogramFamily(description, limit: seriesLimit) { Histogram(buckets) }, buckets)
        }
        guard case .histograms(let found, buckets) = family else { fatalError("\(name) has other buckets") }
        return found
    }

    /// A histogram without labels.
    package func histogram(_ name: String, help: String, buckets: Buckets = .latency) -> Histogram {
        histograms(name, help: help, labels: [], buckets: buckets).with([])
    }

    /// A gauge whose value is asked for when the metrics are rendered; nil leaves it out.
    package func observe(gauge name: String, help: String, read: @escaping @Sendable () -> Double?) {
        observe(gauges: name, help: help, labels: []) { read().map { [([], $0)] } ?? [] }
    }

    /// Gauges whose labels and values are asked for when the metrics are rendered.
    package func observe(gauges name: String, help: String, labels: [String], read: @escaping Reading) {
        let description = MetricDescription(name: name, help: help, kind: .gauge, labels: labels)
        register(description, isNew: true) { .observed(description, read) }
    }

    /// Counters whose labels and values are asked for when the metrics are rendered.
    package func observe(counters name: String, help: String, labels: [String] = [], read: @escaping Reading) {
        let description = MetricDescription(name: name, help: help, kind: .counter, labels: labels)
        register(description, isNew: true) { .observed(description, read) }
    }

    /// The families, sorted by name.
    var sortedFamilies: [Family] {
        families.withLock { Array($0.values) }.sorted { $0.description.name < $1.description.name }
    }

    @discardableResult
    private func register(_ description: MetricDescription, isNew: Bool = false, make: () -> Family) -> Family {
        families.withLock { families in
            if let known = families[description.name] {
                precondition(!isNew && known.description == description, "\(description.name) exists already")
                return known
            }
            let family = make()
            families[description.name] = family
            return family
        }
    }
}
