import Foundation
import Logging
import StewardAPI

/// What is told about TLSA records as they change: looks go in, events come out. Pure.
struct DANEWatch: Sendable {
    /// Something to write into the log.
    struct Event: Hashable, Sendable {
        /// How much it matters.
        var level: Logger.Level
        /// Its stable word: the log's `event`.
        var code: String
        /// A sentence.
        var message: String
        /// The deployment that it is about.
        var deployment: String?
    }

    /// What the last look gave.
    private(set) var last: DANEStatus?

    /// What stands to be mended; each with a key by which it is known again.
    private static func problems(of status: DANEStatus) -> [String: Event] {
        var found: [String: Event] = [:]
        for service in status.services {
            for hold in service.holds where hold.alarm {
                found["\(service.deployment) \(hold.code)"] = Event(
                    level: .error, code: "dane-\(hold.code)", message: "\(service.deployment): \(hold.text)",
                    deployment: service.deployment)
            }
            for endpoint in service.served where endpoint.isMismatch {
                found["\(service.service) \(endpoint.address) mismatch"] = Event(
                    level: .error, code: "dane-mismatch",
                    message:
                        "\(service.service) at \(endpoint.address) serves a key that no record on every name server matches: senders that enforce DANE don't deliver to it. See 'steward dane'.",
                    deployment: service.deployment)
            }
        }
        for finding in status.findings where finding.severity == "problem" {
            found["\(finding.deployment ?? "") \(finding.code) \(finding.text)"] = Event(
                level: .error, code: "dane-\(finding.code)", message: finding.text, deployment: finding.deployment)
        }
        return found
    }

    /// How many things stand to be mended.
    var problemCount: Int { last.map { Self.problems(of: $0).count } ?? 0 }

    /// Takes a new look.
    /// - Returns: what is to be told, by deployment.
    mutating func see(_ status: DANEStatus) -> [Event] {
        defer { last = status }
        let problems = Self.problems(of: status)
        guard let last else { return [Self.summary(status)] + Self.ordered(problems.values) }
        let before = Self.problems(of: last)
        let mended = before.filter { problems[$0.key] == nil }.values.map { event in
            Event(
                level: .notice, code: event.code, message: "No longer so: \(event.message)",
                deployment: event.deployment)
        }
        return Self.changes(from: last, to: status) + Self.ordered(problems.filter { before[$0.key] == nil }.values)
            + Self.ordered(mended)
    }

    private static func ordered(_ events: some Collection<Event>) -> [Event] {
        events.sorted { ($0.deployment ?? "", $0.code, $0.message) < ($1.deployment ?? "", $1.code, $1.message) }
    }

    private static func summary(_ status: DANEStatus) -> Event {
        let states = Dictionary(grouping: status.services, by: \.state).mapValues(\.count).sorted { $0.key < $1.key }
            .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let count = status.services.count
        return Event(
            level: .info, code: "dane",
            message: "\(count) service\(count == 1 ? "" : "s") with TLSA records\(states.isEmpty ? "" : ": \(states)")."
        )
    }

    /// A line for each deployment whose rollover came to another rest.
    private static func changes(from last: DANEStatus, to status: DANEStatus) -> [Event] {
        var told: Set<String> = []
        return status.services.compactMap { service in
            guard let before = last.services.first(where: { $0.service == service.service }),
                before.state != service.state, told.insert(service.deployment).inserted
            else { return nil }
            return Event(
                level: .notice, code: "dane-state",
                message: "\(service.deployment) was \(before.state) and is \(service.state): \(service.next)",
                deployment: service.deployment)
        }
    }
}

extension DANEServed {
    /// Whether it serves a key that no record on every name server matches.
    var isMismatch: Bool { failure == nil && matches == nil }
}
