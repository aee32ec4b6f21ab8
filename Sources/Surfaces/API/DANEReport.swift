/// What `steward dane check --json` prints: a domain or a service as a strict DANE-enforcing sender sees it.
public struct DANEReport: Codable, Hashable, Sendable {
    /// The domain, or the service's host.
    public var domain: String
    /// `deliver`, `defer`, `insecure` or `partial`.
    public var verdict: String
    /// Each host that a sender may turn to, the preferred first.
    public var services: [DANEReportService]
    /// What was found, the worst first.
    public var findings: [DANEReportFinding]

    /// All parts.
    public init(
        domain: String, verdict: String, services: [DANEReportService], findings: [DANEReportFinding]
    ) {
        self.domain = domain
        self.verdict = verdict
        self.services = services
        self.findings = findings
    }
}

/// One thing that a check found.
public struct DANEReportFinding: Codable, Hashable, Sendable {
    /// A stable word; docs/reference/dane-findings.md lists all of them.
    public var code: String
    /// What is wrong, where, and what to do: whole sentences.
    public var text: String
    /// What a DANE-enforcing sender does about it: `delivers`, `defers`, `next-mx`, `unauthenticated`, `none`.
    public var effect: String
    /// `note`, `warning` or `problem`.
    public var severity: String
    /// What it is about: a name, an address with its port, a name server.
    public var place: String

    /// All parts.
    public init(code: String, text: String, effect: String, severity: String, place: String) {
        self.code = code
        self.text = text
        self.effect = effect
        self.severity = severity
        self.place = place
    }
}

/// One host's port as a sender sees it.
public struct DANEReportService: Codable, Hashable, Sendable {
    /// The host's name without the last period.
    public var host: String
    /// The port.
    public var port: Int
    /// `smtp`, `tls`, `imap`, ...
    public var `protocol`: String
    /// The MX record's preference; absent where no MX record led here.
    public var preference: Int?
    /// `delivers`, `partial`, `unauthenticated`, `fails` or `unknown`.
    public var outcome: String
    /// What a sender demands: `dane`, `encrypt`, `opportunistic`, or `unavailable` where a look-up failed.
    public var policy: String
    /// Whether the addresses may be believed: `secure`, `insecure`, `bogus`, `failed`.
    public var addresses: String
    /// The TLSA records.
    public var tlsa: DANEReportRecords
    /// What each address presents.
    public var endpoints: [DANEReportEndpoint]
    /// What each address of each name server answers for the TLSA records; empty where it wasn't asked.
    public var nameServers: [DANEReportServer]

    /// All parts.
    public init(
        host: String, port: Int, protocol: String, preference: Int?, outcome: String, policy: String, addresses: String,
        tlsa: DANEReportRecords, endpoints: [DANEReportEndpoint], nameServers: [DANEReportServer]
    ) {
        self.host = host
        self.port = port
        self.protocol = `protocol`
        self.preference = preference
        self.outcome = outcome
        self.policy = policy
        self.addresses = addresses
        self.tlsa = tlsa
        self.endpoints = endpoints
        self.nameServers = nameServers
    }

    enum CodingKeys: String, CodingKey {
        case host, port, `protocol`, preference, outcome, policy, addresses, tlsa, endpoints
        case nameServers = "name_servers"
    }
}

/// A TLSA RRset as the validating resolver found it.
public struct DANEReportRecords: Codable, Hashable, Sendable {
    /// `_25._tcp.mail.example.`: where the records were found or looked for first.
    public var owner: String
    /// `secure`, `insecure`, `bogus`, `failed`; absent where they weren't looked for.
    public var security: String?
    /// In seconds; 0 where there are none.
    public var ttl: Int
    /// Each record.
    public var records: [DANEReportRecord]

    /// All parts.
    public init(owner: String, security: String?, ttl: Int, records: [DANEReportRecord]) {
        self.owner = owner
        self.security = security
        self.ttl = ttl
        self.records = records
    }
}

/// One TLSA record, judged.
public struct DANEReportRecord: Codable, Hashable, Sendable {
    /// `3 1 1 0ab1...`, whole.
    public var record: String
    /// `usable`, `unusable`, `malformed`, `superseded` or `repeated`.
    public var standing: String
    /// Why it isn't usable; absent if it is.
    public var reason: String?
    /// Whether some address presents what it says.
    public var isServed: Bool

    /// All parts.
    public init(record: String, standing: String, reason: String?, isServed: Bool) {
        self.record = record
        self.standing = standing
        self.reason = reason
        self.isServed = isServed
    }

    enum CodingKeys: String, CodingKey {
        case record, standing, reason
        case isServed = "is_served"
    }
}

/// What one address of a service presents.
public struct DANEReportEndpoint: Codable, Hashable, Sendable {
    /// In digits.
    public var address: String
    /// `authenticated`, `unauthenticated`, `failed` or `unknown`.
    public var state: String
    /// Why, in words; absent where there is nothing to say.
    public var reason: String?
    /// How long its slowest handshake took, from the connection on, in seconds.
    public var seconds: Double
    /// One for each key that it has, and what it presents without a name where that is something else.
    public var served: [DANEReportServed]

    /// All parts.
    public init(address: String, state: String, reason: String?, seconds: Double, served: [DANEReportServed]) {
        self.address = address
        self.state = state
        self.reason = reason
        self.seconds = seconds
        self.served = served
    }
}

/// One certificate that an address presents.
public struct DANEReportServed: Codable, Hashable, Sendable {
    /// The name that was asked for (SNI); absent where none was.
    public var asked: String?
    /// SHA-256 of the certificate in hex; absent where it can't be read.
    public var certificate: String?
    /// SHA-256 of its key in hex; absent where it can't be read.
    public var spki: String?
    /// The names it is for.
    public var names: [String]
    /// Until when it holds, RFC 3339; absent where it can't be read.
    public var notAfter: String?
    /// `match`, `no-usable-record`, `no-match`, `anchor-not-sent`, `chain-invalid`, `name-mismatch`, `certificate-damaged`.
    public var match: String
    /// The record that matches, whole; absent where none does.
    public var record: String?
    /// At which depth of the chain it matches, 0 being the server's own certificate.
    public var depth: Int?
    /// `TLSv1.3`.
    public var version: String
    /// IANA's name of the cipher suite.
    public var cipher: String

    /// All parts.
    public init(
        asked: String?, certificate: String?, spki: String?, names: [String], notAfter: String?, match: String,
        record: String?, depth: Int?, version: String, cipher: String
    ) {
        self.asked = asked
        self.certificate = certificate
        self.spki = spki
        self.names = names
        self.notAfter = notAfter
        self.match = match
        self.record = record
        self.depth = depth
        self.version = version
        self.cipher = cipher
    }

    enum CodingKeys: String, CodingKey {
        case asked, certificate, spki, names, match, record, depth, version, cipher
        case notAfter = "not_after"
    }
}

/// What one address of one name server answers for the TLSA records.
public struct DANEReportServer: Codable, Hashable, Sendable {
    /// The name server's name.
    public var name: String
    /// `192.0.2.1:53`.
    public var address: String
    /// Why it gave no answer; absent if it did.
    public var failure: String?
    /// The zone's serial.
    public var serial: UInt32?
    /// The records, whole.
    public var records: [String]
    /// In seconds; absent where it has none.
    public var ttl: Int?
    /// Until when the signature holds, RFC 3339; absent where there is none.
    public var signedUntil: String?

    /// All parts.
    public init(
        name: String, address: String, failure: String?, serial: UInt32?, records: [String], ttl: Int?,
        signedUntil: String?
    ) {
        self.name = name
        self.address = address
        self.failure = failure
        self.serial = serial
        self.records = records
        self.ttl = ttl
        self.signedUntil = signedUntil
    }

    enum CodingKeys: String, CodingKey {
        case name, address, failure, serial, records, ttl
        case signedUntil = "signed_until"
    }
}
