/// Answer of `GET /_platform/dane`, and what `steward dane --json` prints.
public struct DANEStatus: Codable, Hashable, Sendable {
    /// When it was looked, RFC 3339.
    public var at: String
    /// Who carries the rollovers out; nil where nobody does.
    public var loop: DANELoop?
    /// Every service, by deployment.
    public var services: [DANEService]
    /// What is wrong beside what stands in the way of a service, or worth knowing.
    public var findings: [DANEFinding]

    /// All parts.
    public init(at: String, loop: DANELoop?, services: [DANEService], findings: [DANEFinding]) {
        self.at = at
        self.loop = loop
        self.services = services
        self.findings = findings
    }
}

/// The process that carries rollovers out.
public struct DANELoop: Codable, Hashable, Sendable {
    /// `helper` or `run`.
    public var by: String
    /// Its process id, where it is known.
    public var pid: Int?

    /// A process.
    public init(by: String, pid: Int? = nil) {
        self.by = by
        self.pid = pid
    }
}

/// One service and how its records stand. Every field is written, `null` where there is nothing.
public struct DANEService: Codable, Hashable, Sendable {
    /// What `state` can be.
    public static let states = ["steady", "publishing", "settling", "issuing", "deploying", "draining", "retiring"]

    /// `mail.example:25 smtp`.
    public var service: String
    /// The deployment's name: certbot's lineage.
    public var deployment: String
    /// Where the rollover rests; docs/guides/dane.md explains each.
    public var state: String
    /// Since when, RFC 3339.
    public var since: String?
    /// The owner of the records: `_25._tcp.mail.example.`
    public var owner: String
    /// The keys that play a part, the oldest first.
    public var keys: [DANEKey]
    /// The records that the name servers serve, joined.
    public var tlsa: [DANERecord]
    /// What each address presents.
    public var served: [DANEServed]
    /// `secure`, `insecure`, `bogus`, `failed`, `unknown`: what a validating resolver says of the records.
    public var dnssec: String
    /// Why, where it isn't secure.
    public var dnssecReason: String?
    /// Until when the records' signatures hold, the earliest of all name servers, RFC 3339.
    public var signedUntil: String?
    /// What is done next, when, and why not now.
    public var next: String
    /// When it is looked again at the latest, RFC 3339.
    public var nextAt: String?
    /// What stands in the way.
    public var holds: [DANEHold]

    /// A service in `state`; the rest is filled in.
    public init(service: String, deployment: String, state: String, owner: String) {
        self.service = service
        self.deployment = deployment
        self.state = state
        self.owner = owner
        keys = []
        tlsa = []
        served = []
        dnssec = "unknown"
        next = ""
        holds = []
    }

    enum CodingKeys: String, CodingKey {
        case service, deployment, state, since, owner, keys, tlsa, served, dnssec, next, holds
        case dnssecReason = "dnssec_reason"
        case signedUntil = "signed_until"
        case nextAt = "next_at"
    }

    /// Writes every field.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(service, forKey: .service)
        try container.encode(deployment, forKey: .deployment)
        try container.encode(state, forKey: .state)
        try container.encode(since, forKey: .since)
        try container.encode(owner, forKey: .owner)
        try container.encode(keys, forKey: .keys)
        try container.encode(tlsa, forKey: .tlsa)
        try container.encode(served, forKey: .served)
        try container.encode(dnssec, forKey: .dnssec)
        try container.encode(dnssecReason, forKey: .dnssecReason)
        try container.encode(signedUntil, forKey: .signedUntil)
        try container.encode(next, forKey: .next)
        try container.encode(nextAt, forKey: .nextAt)
        try container.encode(holds, forKey: .holds)
    }
}

/// A key that a service serves, served or will serve.
public struct DANEKey: Codable, Hashable, Sendable {
    /// `K1`, `K2`, ...: the oldest first.
    public var label: String
    /// `previous`, `current`, `candidate` or `next` (staged, without a certificate yet).
    public var role: String
    /// SHA-256 of the public key in hex.
    public var spki: String
    /// SHA-256 of its certificate in hex; nil while it has none.
    public var certificate: String?
    /// Until when its certificate holds, RFC 3339; nil while it has none.
    public var expires: String?

    /// A key.
    public init(label: String, role: String, spki: String, certificate: String?, expires: String?) {
        self.label = label
        self.role = role
        self.spki = spki
        self.certificate = certificate
        self.expires = expires
    }
}

/// A TLSA record as the name servers have it.
public struct DANERecord: Codable, Hashable, Sendable {
    /// `3 1 1 8f12...`.
    public var data: String
    /// The label of the key or certificate that it matches; nil where it is another's.
    public var key: String?
    /// Whether Steward published it and will take it away.
    public var own: Bool
    /// How many name servers' addresses serve it.
    public var servers: Int
    /// How many gave an answer.
    public var of: Int

    /// A record.
    public init(data: String, key: String?, own: Bool, servers: Int, of: Int) {
        self.data = data
        self.key = key
        self.own = own
        self.servers = servers
        self.of = of
    }
}

/// What one address of a service presents.
public struct DANEServed: Codable, Hashable, Sendable {
    /// The address.
    public var address: String
    /// The key's label; nil where it is another one, or where nothing could be seen.
    public var key: String?
    /// SHA-256 of its public key in hex.
    public var spki: String?
    /// The record that it matches, of those that every name server serves: `3 1 1`; nil where it matches none.
    public var matches: String?
    /// Why nothing could be seen.
    public var failure: String?

    /// What an address presents.
    public init(address: String, key: String?, spki: String?, matches: String?, failure: String?) {
        self.address = address
        self.key = key
        self.spki = spki
        self.matches = matches
        self.failure = failure
    }
}

/// What stands in the way of a rollover.
public struct DANEHold: Codable, Hashable, Sendable {
    /// A stable word; docs/guides/dane.md explains each.
    public var code: String
    /// What is wrong, and what to do.
    public var text: String
    /// Since when, RFC 3339.
    public var since: String
    /// Whether somebody must do something.
    public var alarm: Bool

    /// A hold.
    public init(code: String, text: String, since: String, alarm: Bool) {
        self.code = code
        self.text = text
        self.since = since
        self.alarm = alarm
    }
}

/// One thing that is wrong or worth knowing.
public struct DANEFinding: Codable, Hashable, Sendable {
    /// A stable word.
    public var code: String
    /// `note`, `warning` or `problem`.
    public var severity: String
    /// What is wrong, where, and what to do.
    public var text: String
    /// The deployment that it is about.
    public var deployment: String?
    /// The file or folder that it is about.
    public var path: String?

    /// A finding.
    public init(code: String, severity: String, text: String, deployment: String? = nil, path: String? = nil) {
        self.code = code
        self.severity = severity
        self.text = text
        self.deployment = deployment
        self.path = path
    }
}
