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
    /// How the watched certificates stand; they have no say in `ready`. Nil where none are watched.
    public var certificates: CertificateHealth?
    /// How the TLSA records stand; they have no say in `ready`. Nil where none are kept.
    public var dane: DANEHealth?

    /// A health report.
    public init(
        status: String, live: Bool, ready: Bool, version: String, uptimeSeconds: Double, reasons: [String],
        certificates: CertificateHealth? = nil, dane: DANEHealth? = nil
    ) {
        self.status = status
        self.live = live
        self.ready = ready
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.reasons = reasons
        self.certificates = certificates
        self.dane = dane
    }

    enum CodingKeys: String, CodingKey {
        case status, live, ready, version, reasons, certificates, dane
        case uptimeSeconds = "uptime_seconds"
    }
}

/// How the certificates stand, in numbers.
public struct CertificateHealth: Codable, Hashable, Sendable {
    /// How many lineages there are.
    public var lineages: Int
    /// How many things stand to be mended.
    public var problems: Int
    /// When it was looked, RFC 3339.
    public var at: String

    /// All numbers.
    public init(lineages: Int, problems: Int, at: String) {
        self.lineages = lineages
        self.problems = problems
        self.at = at
    }
}

/// How the TLSA records stand, in numbers.
public struct DANEHealth: Codable, Hashable, Sendable {
    /// How many services have them.
    public var services: Int
    /// How many things stand to be mended.
    public var problems: Int
    /// When it was looked, RFC 3339.
    public var at: String

    /// All numbers.
    public init(services: Int, problems: Int, at: String) {
        self.services = services
        self.problems = problems
        self.at = at
    }
}
