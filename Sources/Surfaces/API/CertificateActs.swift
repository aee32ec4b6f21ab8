/// Answer of `GET /_platform/certificates/plan`, and what `steward certs plan --json` prints.
public struct CertificatePlan: Codable, Hashable, Sendable {
    /// What stands in the plan about one lineage.
    public struct Entry: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its tree.
        public var tree: String
        /// Its state.
        public var state: String
        /// Why, in sentences.
        public var reasons: [String]

        /// An entry.
        public init(name: String, tree: String, state: String, reasons: [String]) {
            self.name = name
            self.tree = tree
            self.state = state
            self.reasons = reasons
        }
    }

    /// What would go.
    public var goes: [Entry]
    /// What stays.
    public var stays: [Entry]
    /// The plan as `prune` takes it; readable, and a lineage whose lines are removed from it stays.
    public var text: String

    /// A plan.
    public init(goes: [Entry], stays: [Entry], text: String) {
        self.goes = goes
        self.stays = stays
        self.text = text
    }
}

/// What `prune`, `restore` and `purge` did.
public struct CertificateChange: Codable, Hashable, Sendable {
    /// One lineage that was changed.
    public struct Entry: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its tree.
        public var tree: String
        /// Where it is now; nil for what is gone.
        public var place: String?

        /// An entry.
        public init(name: String, tree: String, place: String? = nil) {
            self.name = name
            self.tree = tree
            self.place = place
        }
    }

    /// `prune`, `restore` or `purge`.
    public var action: String
    /// The lineages.
    public var lineages: [Entry]
    /// What is worth knowing about it: what was put right first, what to do next.
    public var notes: [String]

    /// A change.
    public init(action: String, lineages: [Entry], notes: [String] = []) {
        self.action = action
        self.lineages = lineages
        self.notes = notes
    }
}

/// Answer of `GET /_platform/certificates/quarantine`.
public struct CertificateQuarantine: Codable, Hashable, Sendable {
    /// What is in quarantine, oldest first.
    public var quarantined: [QuarantinedItem]

    /// A list.
    public init(quarantined: [QuarantinedItem]) { self.quarantined = quarantined }
}

/// Answer of `GET /_platform/certificates/lock`, and what `steward certs lock --json` prints.
public struct CertificateLocks: Codable, Hashable, Sendable {
    /// One process that holds one or more of certbot's locks.
    public struct Holder: Codable, Hashable, Sendable {
        /// Its process id; nil where it runs outside this container.
        public var pid: Int?
        /// The locks' files.
        public var locks: [String]
        /// Its command line; nil where it can't be read.
        public var command: String?
        /// What it is doing: words that follow "it is".
        public var doing: String
        /// The scheduler's word: `sleeping`, `running`, ...
        public var state: String?
        /// Since when it runs, RFC 3339.
        public var since: String?
        /// Its container's name or id.
        public var container: String?
        /// How long such a thing usually lasts, and what to do.
        public var advice: [String]

        /// A holder.
        public init(
            pid: Int?, locks: [String], command: String?, doing: String, state: String?, since: String?,
            container: String?, advice: [String]
        ) {
            self.pid = pid
            self.locks = locks
            self.command = command
            self.doing = doing
            self.state = state
            self.since = since
            self.container = container
            self.advice = advice
        }
    }

    /// Whether nobody holds a lock.
    public var free: Bool
    /// Who does.
    public var holders: [Holder]
    /// The files that were looked at.
    public var files: [String]
    /// What could not be found out.
    public var unread: [UnreadItem]

    /// An answer.
    public init(free: Bool, holders: [Holder], files: [String], unread: [UnreadItem]) {
        self.free = free
        self.holders = holders
        self.files = files
        self.unread = unread
    }
}
