/// Answer of `GET /_platform/limits`: who was refused with 429 in the last ten seconds.
public struct LimitList: Codable, Hashable, Sendable {
    /// The most often refused first.
    public var limited: [Limited]

    /// A list of those who are limited.
    public init(limited: [Limited]) { self.limited = limited }
}

/// A caller, or a route, that is over one of its limits.
public struct Limited: Codable, Hashable, Sendable {
    /// Prefix of the zone; nil for what is counted for the whole server (`failures`, `connections`).
    public var zone: String?
    /// The route whose script sets the limit itself.
    public var route: String?
    /// The key's name, the address, the network or the route.
    public var who: String
    /// `rate-key`, `concurrency-address`, `failures`, ...
    public var limit: String
    /// How often it was refused since it is remembered.
    public var refused: Int
    /// Calls of it that run or wait, where their number is limited.
    public var active: Int
    /// How long ago the last refusal was, seconds.
    public var secondsAgo: Double

    /// One of those who are limited.
    public init(
        zone: String?, route: String?, who: String, limit: String, refused: Int, active: Int, secondsAgo: Double
    ) {
        self.zone = zone
        self.route = route
        self.who = who
        self.limit = limit
        self.refused = refused
        self.active = active
        self.secondsAgo = secondsAgo
    }

    enum CodingKeys: String, CodingKey {
        case zone, route, who, limit, refused, active
        case secondsAgo = "seconds_ago"
    }
}
