/// Answer of `GET /_platform/dane/plan`: what would be done next.
public struct DANEPlan: Codable, Hashable, Sendable {
    /// What would be done for one deployment.
    public struct Entry: Codable, Hashable, Sendable {
        /// Its name.
        public var deployment: String
        /// Where the rollover rests.
        public var state: String
        /// `publish`, `deploy`, `roll-back`, `reload`, `stage-key`, `issue`; nil: it waits.
        public var action: String?
        /// The changes of RRsets, one a line: `+ _25._tcp.mail.example. 3600 IN TLSA 3 1 1 ...`.
        public var changes: [String]
        /// Where they would be made.
        public var place: String?
        /// What it does or waits for.
        public var text: String
        /// When it is looked again at the latest, RFC 3339.
        public var nextAt: String?
        /// What stands in the way.
        public var holds: [DANEHold]

        /// An entry.
        public init(
            deployment: String, state: String, action: String?, changes: [String] = [], place: String? = nil,
            text: String, nextAt: String?, holds: [DANEHold]
        ) {
            self.deployment = deployment
            self.state = state
            self.action = action
            self.changes = changes
            self.place = place
            self.text = text
            self.nextAt = nextAt
            self.holds = holds
        }

        enum CodingKeys: String, CodingKey {
            case deployment, state, action, changes, place, text, holds
            case nextAt = "next_at"
        }
    }

    /// When it was looked, RFC 3339.
    public var at: String
    /// What would be done, by deployment.
    public var entries: [Entry]

    /// A plan.
    public init(at: String, entries: [Entry]) {
        self.at = at
        self.entries = entries
    }
}

/// Answer of `POST /_platform/dane/rollover`: what was asked for.
public struct DANERequest: Codable, Hashable, Sendable {
    /// The deployment's name.
    public var deployment: String
    /// `now` or `compromised`.
    public var request: String
    /// What happens from here on.
    public var text: String

    /// A request that was taken.
    public init(deployment: String, request: String, text: String) {
        self.deployment = deployment
        self.request = request
        self.text = text
    }
}
