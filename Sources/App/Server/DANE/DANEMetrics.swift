import Foundation
import StewardAPI
import StewardTelemetry

/// Registers what the helper last said about TLSA records.
func observe(_ registry: MetricsRegistry, dane watcher: DANEWatcher) {
    registry.observe(
        gauges: "steward_dane_state", help: "1 for the rest of each service's rollover.",
        labels: ["service", "deployment", "state"]
    ) {
        (watcher.last?.services ?? []).map { ([$0.service, $0.deployment, $0.state], 1) }
    }
    registry.observe(
        gauges: "steward_dane_next_seconds", help: "Seconds until the next step of each deployment's rollover.",
        labels: ["deployment"]
    ) { DANEGauges.next(watcher.last, now: Date()) }
    registry.observe(
        gauges: "steward_dane_signature_seconds",
        help:
            "Seconds for which the signatures of each service's TLSA records still hold, the least of all name servers.",
        labels: ["service"]
    ) { DANEGauges.signatures(watcher.last, now: Date()) }
    registry.observe(
        gauges: "steward_dane_secure", help: "Whether a validating resolver takes the records as signed.",
        labels: ["service"]
    ) { (watcher.last?.services ?? []).map { ([$0.service], $0.dnssec == "secure" ? 1 : 0) } }
    registry.observe(
        gauges: "steward_dane_mismatches",
        help: "Addresses of each service that serve a key without a record on every name server.", labels: ["service"]
    ) {
        (watcher.last?.services ?? []).map { ([$0.service], Double($0.served.count(where: \.isMismatch))) }
    }
    registry.observe(
        gauges: "steward_dane_holds", help: "What stands in the way of rollovers; alarm=true needs a person.",
        labels: ["deployment", "code", "alarm"]
    ) { DANEGauges.holds(watcher.last) }
    observeLooks(registry, watcher)
}

private func observeLooks(_ registry: MetricsRegistry, _ watcher: DANEWatcher) {
    registry.observe(gauge: "steward_dane_problems", help: "Things about TLSA records that stand to be mended.") {
        watcher.last.map { _ in Double(watcher.problemCount) }
    }
    registry.observe(
        gauge: "steward_dane_looked_seconds", help: "When the TLSA records were last looked at, Unix time."
    ) {
        watcher.last.flatMap { DANEGauges.date($0.at)?.timeIntervalSince1970 }
    }
    registry.observe(counters: "steward_dane_failures_total", help: "Questions to the helper that failed.") {
        [([], Double(watcher.failures))]
    }
}

/// Numbers out of an answer.
enum DANEGauges {
    /// An RFC 3339 time.
    static func date(_ text: String) -> Date? { try? Date(text, strategy: .iso8601) }

    /// Seconds to the next step, by deployment; negative where it is late.
    static func next(_ status: DANEStatus?, now: Date) -> [([String], Double)] {
        var found: [String: Double] = [:]
        for service in status?.services ?? [] {
            guard let at = service.nextAt.flatMap(date) else { continue }
            found[service.deployment] = at.timeIntervalSince(now).rounded()
        }
        return found.sorted { $0.key < $1.key }.map { ([$0.key], $0.value) }
    }

    /// Seconds for which signatures hold, by service; none where nothing is signed.
    static func signatures(_ status: DANEStatus?, now: Date) -> [([String], Double)] {
        (status?.services ?? []).compactMap { service in
            service.signedUntil.flatMap(date).map { ([service.service], $0.timeIntervalSince(now).rounded()) }
        }
    }

    /// Each hold once for its deployment.
    static func holds(_ status: DANEStatus?) -> [([String], Double)] {
        var found: Set<[String]> = []
        for service in status?.services ?? [] {
            for hold in service.holds { found.insert([service.deployment, hold.code, hold.alarm ? "true" : "false"]) }
        }
        return found.sorted { $0.lexicographicallyPrecedes($1) }.map { ($0, 1) }
    }
}
