#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What became of one lineage's renewals, as far as logs go back.
package struct RenewalOutcome: Hashable, Sendable {
    /// One renewal that failed.
    package struct Failure: Hashable, Sendable {
        package var date: Date
        /// Certbot's words.
        package var reason: String
        /// The log's line.
        package var place: Place

        package init(date: Date, reason: String, place: Place) {
            self.date = date
            self.reason = reason
            self.place = place
        }
    }

    /// When a certificate was last saved.
    package var lastSuccess: Date?
    /// The last renewal that failed.
    package var lastFailure: Failure?
    /// How many failed since the last success.
    package var failures = 0

    package init() {}

    /// The failure, if nothing succeeded since.
    package var failing: Failure? {
        guard let lastFailure, lastSuccess.map({ $0 < lastFailure.date }) ?? true else { return nil }
        return lastFailure
    }
}

/// Reads certbot's logs: what `renew` says of every lineage, with certbot 0.20 to 5. Dry runs don't count. The files must
/// be given oldest first.
package struct RenewalLog: Sendable {
    /// A lineage by the path of its tree, as certbot knows it, and its name.
    package struct Key: Hashable, Sendable {
        package var tree: String
        package var name: String

        package init(tree: String, name: String) {
            self.tree = tree
            self.name = name
        }
    }

    /// What zone the times are in; certbot writes local times without saying so.
    package enum Zone: Hashable, Sendable {
        /// This machine's.
        case local
        /// So many seconds east of Greenwich; a container's is usually 0.
        case fixed(Int)
    }

    /// What became of every lineage that the logs name.
    package private(set) var outcomes: [Key: RenewalOutcome] = [:]

    private let zone: Zone
    // The state of the run that is being read.
    private var file = ""
    private var isDry = false
    private var conf: Key?
    private var date: Date?
    private var broken: Key?
    private var told: Set<Key> = []

    /// An empty log.
    package init(zone: Zone = .local) { self.zone = zone }

    /// Takes one log file.
    package mutating func read(_ bytes: [UInt8], file: String) {
        self.file = file
        (isDry, conf, date, broken, told) = (false, nil, nil, nil, [])
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            read(line, number)
        }
    }

    // MARK: - Lines

    private mutating func read(_ line: ArraySlice<UInt8>, _ number: Int) {
        guard let entry = LogLine(line) else { return readContinuation(line, number) }
        if entry.logger.hasSuffix("main"), entry.message.hasPrefix("certbot version: ") {
            (isDry, conf, broken, told) = (false, nil, nil, [])
        }
        // Only what may matter is given a date: it costs more than the rest.
        if entry.logger.hasSuffix("main"), entry.message.hasPrefix("Arguments: [") {
            isDry = entry.message.contains("'--dry-run'") || entry.message.contains("'--test-cert', '--dry-run'")
        } else if entry.message.hasPrefix("Notifying user: ") {
            date = entry.date(zone)
            notified(entry.message.dropFirst(16), number)
        } else if entry.logger.contains("storage"), entry.message.hasPrefix("Writing full chain to ") {
            let path = entry.message.dropFirst(22)
            if let key = Self.key(path.hasSuffix(".") ? path.dropLast() : path) { succeed(key, entry.date(zone)) }
        } else if entry.level == "ERROR" || entry.level == "WARNING" {
            date = entry.date(zone)
            readTrouble(entry.message, number)
        }
    }

    private mutating func notified(_ text: Substring, _ number: Int) {
        if text.hasPrefix("Processing ") { conf = Self.confKey(text.dropFirst(11)) }
        summary(text, number)
    }

    /// Lines of a message after its first have no date: the summary's list of paths.
    private mutating func readContinuation(_ line: ArraySlice<UInt8>, _ number: Int) {
        guard line.first == 0x20, line.last == UInt8(ascii: ")") else { return }
        summary(Substring(FileName.shown(line)), number)
    }

    /// `  /etc/letsencrypt/live/NAME/fullchain.pem (failure)`, in case nothing else said so.
    private mutating func summary(_ text: Substring, _ number: Int) {
        let text = text.drop { $0 == " " }
        if text.hasSuffix(" (failure)"), let key = Self.key(text.dropLast(10)), !told.contains(key) {
            fail(key, "certbot does not say why", number)
        }
    }

    private mutating func readTrouble(_ message: Substring, _ number: Int) {
        if let rest = message.after("Failed to renew certificate "), let cut = rest.firstRange(of: " with error: ") {
            fail(named(rest[..<cut.lowerBound]), rest[cut.upperBound...], number)
        } else if let rest = message.after("Attempting to renew cert ("), let name = rest.firstRange(of: ") from "),
            let cut = rest.firstRange(of: " produced an unexpected error: ")
        {
            let key = Self.confKey(rest[name.upperBound..<cut.lowerBound]) ?? named(rest[..<name.lowerBound])
            fail(key, Self.withoutSkipping(rest[cut.upperBound...]), number)
        } else if let rest = message.after("Renewal configuration file ") {
            if let cut = rest.firstRange(of: " is broken.") {
                broken = Self.confKey(rest[..<cut.lowerBound])
                if let broken { fail(broken, "the renewal conf is broken", number) }
            } else if let name = rest.firstRange(of: " (cert: "),
                let cut = rest.firstRange(of: " produced an unexpected error: "),
                let key = Self.confKey(rest[..<name.lowerBound])
            {
                fail(key, Self.withoutSkipping(rest[cut.upperBound...]), number)
            }
        } else if let rest = message.after("The error was: "), let key = broken {
            if outcomes[key]?.lastFailure?.place.text == file { outcomes[key]?.lastFailure?.reason = String(rest) }
            broken = nil
        } else {
            summary(message, number)
        }
    }

    private static func withoutSkipping(_ text: Substring) -> Substring {
        text.hasSuffix(". Skipping.") ? text.dropLast(11) : text
    }

    // MARK: - Outcomes

    private mutating func fail(_ key: Key?, _ reason: some StringProtocol, _ number: Int) {
        guard !isDry, let key, let date else { return }
        told.insert(key)
        outcomes[key, default: RenewalOutcome()].failures += 1
        outcomes[key]?.lastFailure = .init(
            date: date, reason: String(reason.prefix(500)), place: Place(file, line: number))
    }

    private mutating func succeed(_ key: Key, _ date: Date?) {
        guard !isDry, let date else { return }
        outcomes[key, default: RenewalOutcome()].lastSuccess = date
        outcomes[key]?.failures = 0
    }

    /// The lineage `name` in the tree of the conf that is being processed.
    private func named(_ name: Substring) -> Key? {
        if let conf, conf.name == name { return conf }
        return conf.map { Key(tree: $0.tree, name: String(name)) }
    }

    /// Of `TREE/renewal/NAME.conf`.
    private static func confKey(_ path: Substring) -> Key? {
        guard path.hasSuffix(".conf"), let folder = path.ranges(of: "/renewal/").last else { return nil }
        return Key(tree: String(path[..<folder.lowerBound]), name: String(path[folder.upperBound...].dropLast(5)))
    }

    /// Of `TREE/live/NAME/FILE` or `TREE/archive/NAME/FILE`.
    private static func key(_ path: Substring) -> Key? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 3] == "live" || parts[parts.count - 3] == "archive" else {
            return nil
        }
        return Key(tree: parts.dropLast(3).joined(separator: "/"), name: String(parts[parts.count - 2]))
    }
}

extension Substring {
    fileprivate func after(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
