import Foundation
import StewardAPI
import StewardTelemetry

/// Registers what the last look at the certificates gave.
func observe(_ registry: MetricsRegistry, certificates watcher: CertificateWatcher) {
    registry.observe(
        gauges: "steward_certificate_days_left", help: "Days until a lineage's certificate ends; negative afterwards.",
        labels: ["lineage", "tree"]
    ) {
        (watcher.last?.lineages ?? []).compactMap { lineage in
            lineage.daysLeft.map { ([lineage.name, lineage.tree], Double($0)) }
        }
    }
    registry.observe(gauges: "steward_certificates", help: "Lineages by state.", labels: ["state"]) {
        guard let list = watcher.last else { return [] }
        let counts = Dictionary(grouping: list.lineages, by: \.state).mapValues(\.count)
        return CertificateLineage.states.map { ([$0], Double(counts[$0] ?? 0)) }
    }
    registry.observe(
        gauges: "steward_certificate_findings", help: "Findings about lineages, trees and servers by code.",
        labels: ["code", "severity"]
    ) {
        guard let list = watcher.last else { return [] }
        let findings = list.lineages.flatMap(\.findings) + list.findings
        return Dictionary(grouping: findings) { [$0.code, $0.severity] }.map { ($0.key, Double($0.value.count)) }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }
    registry.observe(
        gauges: "steward_certificate_quarantined", help: "Lineages in quarantine, by whether something uses them.",
        labels: ["in_use"]
    ) {
        guard let list = watcher.last else { return [] }
        let used = list.quarantined.count { !$0.usedBy.isEmpty }
        return [(["false"], Double(list.quarantined.count - used)), (["true"], Double(used))]
    }
    observeLooks(registry, watcher)
}

private func observeLooks(_ registry: MetricsRegistry, _ watcher: CertificateWatcher) {
    registry.observe(gauge: "steward_certificate_problems", help: "Things about certificates that stand to be mended.")
    {
        watcher.last.map { _ in Double(watcher.problemCount) }
    }
    registry.observe(gauge: "steward_certificate_unread", help: "Places with possible use that can't be read.") {
        watcher.last.map { Double($0.unread.count) }
    }
    registry.observe(
        gauge: "steward_certificate_looked_seconds", help: "When the certificates were last looked at, Unix time."
    ) {
        watcher.last.flatMap { try? Date($0.at, strategy: .iso8601).timeIntervalSince1970 }
    }
    registry.observe(
        counters: "steward_certificate_failures_total", help: "Looks at the certificates that failed."
    ) { [([], Double(watcher.failures))] }
}
