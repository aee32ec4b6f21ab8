import Foundation
import Logging
import StewardAPI

/// What is told about the certificates as they change: looks go in, events come out. Pure.
struct CertificateWatch: Sendable {
    /// Something to write into the log.
    struct Event: Hashable, Sendable {
        /// How much it matters.
        var level: Logger.Level
        /// Its stable word: the log's `event`.
        var code: String
        /// A sentence.
        var message: String
        /// The lineage, if it is about one.
        var lineage: String?
        /// Its tree.
        var tree: String?
    }

    /// A used lineage with fewer days left is a problem.
    let warnDays: Int
    /// What the last look gave.
    private(set) var last: CertificateList?

    init(warnDays: Int) { self.warnDays = warnDays }

    /// What stands to be mended now; each with a key by which it is known again.
    private static func problems(of list: CertificateList, warnDays: Int) -> [String: Event] {
        var found: [String: Event] = [:]
        for lineage in list.lineages {
            for event in problems(of: lineage, warnDays: warnDays) {
                found["\(event.code) \(lineage.tree) \(lineage.name) \(event.message)"] = event
            }
        }
        // What is in quarantine and in use is told below, with its lineage.
        for finding in list.findings where finding.severity == "problem" && finding.code != "quarantined-in-use" {
            found["\(finding.code) \(finding.text)"] = Event(
                level: .error, code: "certificate-\(finding.code)", message: finding.text)
        }
        for item in list.quarantined where !item.usedBy.isEmpty {
            let uses = item.usedBy.map { "\($0.kind) \($0.place)" }.joined(separator: ", ")
            found["quarantine \(item.tree) \(item.name)"] = Event(
                level: .error, code: "certificate-quarantined-in-use",
                message:
                    "\(item.name) is in quarantine and in use: \(uses). Bring it back with 'steward certs restore \(item.name)'.",
                lineage: item.name, tree: item.tree)
        }
        return found
    }

    private static func problems(of lineage: CertificateLineage, warnDays: Int) -> [Event] {
        var events: [Event] = []
        if lineage.state == "used", let days = lineage.daysLeft, days < warnDays {
            let when = days < 0 ? "has ended" : "ends in \(days) days"
            events.append(
                Event(
                    level: days < 0 ? .error : .warning, code: "certificate-expires",
                    message: "\(lineage.name) is in use and \(when): see 'steward certs show \(lineage.name)'.",
                    lineage: lineage.name, tree: lineage.tree))
        }
        // What is wrong with a lineage that nothing uses can wait.
        guard lineage.state == "used" else { return events }
        return events
            + lineage.findings.filter { $0.severity == "problem" }.map { finding in
                Event(
                    level: .error, code: "certificate-\(finding.code)", message: finding.text, lineage: lineage.name,
                    tree: lineage.tree)
            }
    }

    /// How many things stand to be mended.
    var problemCount: Int { last.map { Self.problems(of: $0, warnDays: warnDays).count } ?? 0 }

    /// Takes a new look.
    /// - Returns: what is to be told, in the order of the list.
    mutating func see(_ list: CertificateList) -> [Event] {
        defer { last = list }
        let problems = Self.problems(of: list, warnDays: warnDays)
        guard let last else { return [Self.summary(list)] + Self.ordered(problems.values) }
        let before = Self.problems(of: last, warnDays: warnDays)
        let mended = before.filter { problems[$0.key] == nil }.values.map { event in
            var event = event
            event.level = .notice
            event.message = "No longer so: \(event.message)"
            return event
        }
        return changes(from: last, to: list) + Self.ordered(problems.filter { before[$0.key] == nil }.values)
            + Self.ordered(mended)
    }

    private static func ordered(_ events: some Collection<Event>) -> [Event] {
        events.sorted { ($0.tree ?? "", $0.lineage ?? "", $0.code) < ($1.tree ?? "", $1.lineage ?? "", $1.code) }
    }

    private static func summary(_ list: CertificateList) -> Event {
        let states = Dictionary(grouping: list.lineages, by: \.state).mapValues(\.count).sorted { $0.key < $1.key }
            .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return Event(
            level: .info, code: "certificates",
            message:
                "\(list.lineages.count) lineages in \(list.trees.count) trees\(states.isEmpty ? "" : ": \(states)").")
    }

    private struct Identity: Hashable {
        var tree: String
        var name: String
    }

    private func changes(from last: CertificateList, to list: CertificateList) -> [Event] {
        let old = Self.index(last)
        let new = Self.index(list)
        var events: [Event] = []
        for lineage in list.lineages {
            guard let before = old[Identity(tree: lineage.tree, name: lineage.name)] else {
                events.append(event("certificate-new", "\(lineage.name) is new: \(lineage.state).", lineage))
                continue
            }
            if before.fingerprint != lineage.fingerprint {
                events.append(
                    event(
                        "certificate-renewed",
                        "\(lineage.name) has another certificate, which ends \(lineage.expires ?? "at an unknown time").",
                        lineage))
            }
            if before.state != lineage.state {
                events.append(
                    event("certificate-state", "\(lineage.name) was \(before.state) and is \(lineage.state).", lineage))
            }
        }
        for lineage in last.lineages where new[Identity(tree: lineage.tree, name: lineage.name)] == nil {
            events.append(event("certificate-gone", "\(lineage.name) is gone from \(lineage.tree).", lineage))
        }
        return events
    }

    private func event(_ code: String, _ message: String, _ lineage: CertificateLineage) -> Event {
        Event(level: .notice, code: code, message: message, lineage: lineage.name, tree: lineage.tree)
    }

    private static func index(_ list: CertificateList) -> [Identity: CertificateLineage] {
        Dictionary(
            list.lineages.map { (Identity(tree: $0.tree, name: $0.name), $0) }, uniquingKeysWith: { first, _ in first })
    }
}
