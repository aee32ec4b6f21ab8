/// What `POST /_platform/reload` did.
public struct ReloadReport: Codable, Hashable, Sendable {
    /// What became of the zones, by prefix.
    public struct Zones: Codable, Hashable, Sendable {
        /// New ones.
        public var added: [String]
        /// Those that have new workers.
        public var changed: [String]
        /// Those that take no more calls.
        public var removed: [String]
        /// Those whose workers go on.
        public var kept: [String]

        /// Prefixes.
        public init(added: [String], changed: [String], removed: [String], kept: [String]) {
            self.added = added
            self.changed = changed
            self.removed = removed
            self.kept = kept
        }
    }

    /// What became of the zones.
    public var zones: Zones
    /// Addresses that the server listens on since.
    public var opened: [String]
    /// Addresses that it listens on no longer.
    public var closed: [String]
    /// Sections of the settings that are new and count: `zones`, `keys`, `limits`, ...
    public var changed: [String]
    /// Sections that differ and count after a restart only.
    public var needsRestart: [String]
    /// How long it took.
    public var milliseconds: Int

    /// What a reload did.
    public init(
        zones: Zones, opened: [String], closed: [String], changed: [String], needsRestart: [String], milliseconds: Int
    ) {
        self.zones = zones
        self.opened = opened
        self.closed = closed
        self.changed = changed
        self.needsRestart = needsRestart
        self.milliseconds = milliseconds
    }

    enum CodingKeys: String, CodingKey {
        case zones, opened, closed, changed, milliseconds
        case needsRestart = "needs_restart"
    }

    /// What it did, in one sentence.
    public var sentence: String {
        let parts: [(String, [String])] = [
            ("zones added", zones.added), ("zones with new workers", zones.changed), ("zones removed", zones.removed),
            ("now listening on", opened), ("no longer on", closed), ("new sections", changed),
            ("after a restart only", needsRestart),
        ]
        let told = parts.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
        return told.isEmpty ? "nothing changed" : told.joined(separator: "; ")
    }
}
