import Foundation
import StewardAPI

/// The services as a table for people; `--json` has the same facts.
enum DANETable {
    static let headings = ["SERVICE", "STATE", "TLSA", "SERVED", "DNSSEC", "NEXT"]

    /// A row under `headings`.
    static func row(_ service: DANEService) -> [String] {
        [
            service.service, service.holds.contains(where: \.alarm) ? "\(service.state), held" : service.state,
            tlsa(service), served(service), service.dnssec, service.next,
        ]
    }

    /// `K1 + K2`, `K1 + K2 (3 of 4)`, `K1 + 1 foreign`, `none`.
    static func tlsa(_ service: DANEService) -> String {
        var words: [String] = []
        for record in service.tlsa {
            guard let key = record.key else { continue }
            let word = record.servers < record.of ? "\(key) (\(record.servers) of \(record.of))" : key
            if !words.contains(word) { words.append(word) }
        }
        words.sort()
        let foreign = service.tlsa.count { $0.key == nil }
        if foreign > 0 { words.append("\(foreign) foreign") }
        return words.isEmpty ? "none" : words.joined(separator: " + ")
    }

    /// `K1 (3 1 1)`, `K1 (no record)`, `another key (3 1 1)`, `unreachable`; what addresses present alike stands once.
    static func served(_ service: DANEService) -> String {
        var words: [String] = []
        for endpoint in service.served where endpoint.failure == nil {
            let word = "\(endpoint.key ?? "another key") (\(endpoint.matches ?? "no record"))"
            if !words.contains(word) { words.append(word) }
        }
        let failed = service.served.count { $0.failure != nil }
        guard failed > 0 else { return words.isEmpty ? "-" : words.joined(separator: ", ") }
        let unreachable =
            failed == service.served.count ? "unreachable" : "\(failed) of \(service.served.count) unreachable"
        return (words + [unreachable]).joined(separator: ", ")
    }

    /// What stands below the table: holds and findings, each once for its deployment.
    static func remarks(_ status: DANEStatus) -> [String] {
        var lines: [String] = []
        for service in status.services {
            for hold in service.holds {
                let line = "\(hold.alarm ? "problem" : "waiting"): \(service.deployment): \(hold.text)"
                if !lines.contains(line) { lines.append(line) }
            }
        }
        lines += status.findings.filter { $0.severity != "note" }.map { finding in
            let about = finding.deployment.map { "\($0): " } ?? ""
            return "\(finding.severity): \(about)\(finding.text)"
        }
        return lines
    }
}
