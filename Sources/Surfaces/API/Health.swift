/// Answer of `GET /_platform/health`.
public struct Health: Codable, Hashable, Sendable {
    /// `ok`, or `starting`, `degraded`, `draining`.
    public var status: String
    /// The process answers.
    public var live: Bool
    /// Scripts can be called.
    public var ready: Bool
    /// Steward's version.
    public var version: String
    /// Seconds since the start.
    public var uptimeSeconds: Double
    /// What keeps it from being ready, one sentence each.
    public var reasons: [String]

    /// A health report.
    public init(
        status: String, live: Bool, ready: Bool, version: String, uptimeSeconds: Double, reasons: [String]
    ) {
        self.status = status
        self.live = live
        self.ready = ready
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.reasons = reasons
    }

    enum CodingKeys: String, CodingKey {
        case status, live, ready, version, reasons
        case uptimeSeconds = "uptime_seconds"
    }
}
