import StewardScripts
import StewardTelemetry

/// What is counted of every request.
final class RequestMetrics: @unchecked Sendable {
    let requests: CounterFamily
    let durations: HistogramFamily
    let limited: CounterFamily
    let bytesIn: Counter
    let bytesOut: Counter
    let inFlight: Gauge
    private var elsewhere: [String: RouteMetrics] = [:]

    init(_ registry: MetricsRegistry) {
        requests = registry.counters(
            "steward_requests_total", help: "Requests answered, by zone, route and status.",
            labels: ["zone", "route", "status"])
        durations = registry.histograms(
            "steward_request_duration_seconds", help: "Time from the end of a request's head to its answer.",
            labels: ["zone", "route"])
        limited = registry.counters(
            "steward_limited_total", help: "Requests refused with 429, by zone and limit.", labels: ["zone", "kind"])
        bytesIn = registry.counter("steward_request_bytes_total", help: "Bytes of request bodies received.")
        bytesOut = registry.counter("steward_response_bytes_total", help: "Bytes of response bodies sent.")
        inFlight = registry.gauge("steward_requests_in_flight", help: "Requests being answered.")
    }

    /// The handles of a script, kept with it; requests that reached no script share one set a zone.
    func route(_ script: Script?, zone: String) -> RouteMetrics {
        if let known = script?.attachment as? RouteMetrics { return known }
        if let script {
            let made = RouteMetrics(self, zone: zone, route: script.route)
            script.attachment = made
            return made
        }
        if let known = elsewhere[zone] { return known }
        let made = RouteMetrics(self, zone: zone, route: "")
        elsewhere[zone] = made
        return made
    }
}

/// Resolved counters of one route.
final class RouteMetrics {
    private let family: RequestMetrics
    private let labels: [String]
    private let duration: Histogram
    private var byStatus: [Int: Counter] = [:]

    init(_ family: RequestMetrics, zone: String, route: String) {
        self.family = family
        labels = [zone, route]
        duration = family.durations.with(labels)
    }

    /// One answered request; `microseconds` from the end of its head to its answer.
    func record(status: Int, microseconds: Int) {
        if let counter = byStatus[status] {
            counter.increment()
        } else {
            let counter = family.requests.with(labels + [String(status)])
            byStatus[status] = counter
            counter.increment()
        }
        duration.observe(microseconds)
    }
}
