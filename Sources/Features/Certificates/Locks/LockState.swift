#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// One of certbot's lock files and who holds it.
package struct LockState: Hashable, Sendable, Codable {
    /// What certbot has the folder for.
    package enum Role: String, Hashable, Sendable, Codable {
        case configuration, work, logs
        /// The server root that certbot's apache or nginx plugin locks while it changes the server's configuration.
        case server
    }

    /// Whether it is held.
    package enum Status: Hashable, Sendable, Codable {
        /// Nobody holds it. A file without a holder blocks nothing: certbot locks the file, it does not mind that
        /// there is one.
        case free
        /// A process holds it.
        case held(LockHolder)
        /// It can't be found out; why.
        case unknown(String)
    }

    /// The folder.
    package var folder: String
    /// What certbot has it for.
    package var role: Role
    /// Whether it is held.
    package var status: Status
    /// Whether the file is there.
    package var fileExists: Bool

    /// The lock file.
    package var path: String { "\(folder)/\(CertbotLocks.fileName)" }

    /// A lock and its state.
    package init(folder: String, role: Role, status: Status, fileExists: Bool) {
        self.folder = folder
        self.role = role
        self.status = status
        self.fileExists = fileExists
    }
}

/// The process that holds a lock, and what it seems to be doing.
package struct LockHolder: Hashable, Sendable, Codable {
    /// Its process id as this machine sees it; nil where it runs outside this container.
    package var pid: Int32?
    /// Its command line.
    package var command: [String]
    /// When it started.
    package var since: Date?
    /// The scheduler's word: `sleeping`, `running`, `stopped`, `waiting for the disk`, `zombie`.
    package var state: String?
    /// The container that it runs in: its runtime and id, or its name.
    package var container: String?
    /// What it is doing, as words that follow "it is".
    package var activity: String
    /// How long such a thing usually lasts, and what to do: sentences. To take the file away is never among it.
    package var advice: [String]

    /// All facts.
    package init(
        pid: Int32?, command: [String] = [], since: Date? = nil, state: String? = nil, container: String? = nil,
        activity: String, advice: [String]
    ) {
        self.pid = pid
        self.command = command
        self.since = since
        self.state = state
        self.container = container
        self.activity = activity
        self.advice = advice
    }

    /// Why the file stays where it is.
    static let leaveTheFile =
        "Leave the lock file where it is: it blocks nothing by itself, and without it two certbots can change one tree."

    /// Who holds it and what to do, in sentences.
    package var sentences: [String] {
        var who = pid.map { "Process \($0)" } ?? "A process outside this container"
        if let container { who += " in container \(container)" }
        if !command.isEmpty { who += " (\(command.joined(separator: " ")))" }
        if let since { who += ", started \(since.formatted(.iso8601))," }
        return ["\(who) holds it: it is \(activity)."] + advice
    }
}
