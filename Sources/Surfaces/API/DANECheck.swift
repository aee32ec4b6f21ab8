/// What `steward dane check --json` prints of each domain: how a mail server that enforces DANE fares.
public struct DANECheck: Codable, Hashable, Sendable {
    /// The domain, or the host and port, as it was asked about.
    public var domain: String
    /// `deliver`: it delivers, and knows to whom, wherever it turns. `partial`: not everywhere. `insecure`: it delivers
    /// without DANE. `defer`: it doesn't deliver.
    public var verdict: String
    /// The hosts that it turns to, in its order.
    public var services: [Service]
    /// What was found, the worst first.
    public var findings: [Finding]

    /// A report.
    public init(domain: String, verdict: String, services: [Service], findings: [Finding]) {
        self.domain = domain
        self.verdict = verdict
        self.services = services
        self.findings = findings
    }

    /// Something that was found, and what a sender does about it.
    public struct Finding: Codable, Hashable, Sendable {
        /// A stable word; docs/reference/dane-findings.md lists them.
        public var code: String
        /// `note`, `warning` or `problem`.
        public var severity: String
        /// What it is about: a name, a port, an address, a name server.
        public var place: String
        /// What is so, where, and what to do.
        public var text: String
        /// What a sender does: `delivers`, `defers`, `next-mx`, `unauthenticated` (it delivers without knowing to whom),
        /// `none` (it doesn't notice).
        public var effect: String

        /// A finding.
        public init(code: String, severity: String, place: String, text: String, effect: String) {
            self.code = code
            self.severity = severity
            self.place = place
            self.text = text
            self.effect = effect
        }

        enum CodingKeys: String, CodingKey {
            case code, severity, text, effect
            case place = "where"
        }
    }

    /// One host's port.
    public struct Service: Codable, Hashable, Sendable {
        /// `mail.example:25 smtp`.
        public var service: String
        /// The MX record's preference; nil where none led here.
        public var preference: Int?
        /// The records' owner.
        public var owner: String?
        /// `dane`, `encrypt`, `opportunistic` or `unavailable`: what a sender demands.
        public var policy: String
        /// `delivers`, `partial`, `unauthenticated`, `fails` or `unknown`: what it gets.
        public var outcome: String
        /// What a validating resolver says of the addresses: `secure`, `insecure`, `bogus: ...`, `failed: ...`.
        public var addressSecurity: String
        /// The same of the records; nil where they weren't looked for.
        public var recordSecurity: String?
        /// The records' TTL in seconds.
        public var ttl: Int
        /// The records.
        public var records: [Record]
        /// Each address.
        public var endpoints: [Endpoint]
        /// The zone that holds the records.
        public var zone: String?
        /// Each address of the zone's name servers.
        public var servers: [Server]

        /// A service; the rest is filled in.
        public init(service: String, policy: String, outcome: String, addressSecurity: String) {
            self.service = service
            self.policy = policy
            self.outcome = outcome
            self.addressSecurity = addressSecurity
            ttl = 0
            records = []
            endpoints = []
            servers = []
        }

        enum CodingKeys: String, CodingKey {
            case service, preference, owner, policy, outcome, ttl, records, endpoints, zone, servers
            case addressSecurity = "address_security"
            case recordSecurity = "record_security"
        }
    }
}

extension DANECheck {
    /// A TLSA record and what it is worth.
    public struct Record: Codable, Hashable, Sendable {
        /// `3 1 1 8f12...`.
        public var data: String
        /// `usable`, `unusable` or `malformed`.
        public var standing: String
        /// Why it is not usable, or not used.
        public var reason: String?
        /// Whether some address presents what it says.
        public var served: Bool

        /// A record.
        public init(data: String, standing: String, reason: String?, served: Bool) {
            self.data = data
            self.standing = standing
            self.reason = reason
            self.served = served
        }
    }

    /// One address of a host's port.
    public struct Endpoint: Codable, Hashable, Sendable {
        /// The address.
        public var address: String
        /// `authenticated`, `unauthenticated`, `failed` or `unknown`.
        public var state: String
        /// Why.
        public var reason: String?
        /// What it presents.
        public var served: [Served]
        /// How long the slowest handshake took, in seconds.
        public var seconds: Double

        /// An address.
        public init(address: String, state: String, reason: String?, served: [Served], seconds: Double) {
            self.address = address
            self.state = state
            self.reason = reason
            self.served = served
            self.seconds = seconds
        }
    }

    /// One thing that an address presents.
    public struct Served: Codable, Hashable, Sendable {
        /// The name that was asked for (SNI).
        public var name: String?
        /// The record that it matches: `3 1 1 8f12...`.
        public var matches: String?
        /// Why it matches none.
        public var reason: String?
        /// SHA-256 of its public key in hex.
        public var spki: String?
        /// Until when its certificate holds, RFC 3339.
        public var expires: String?
        /// `TLSv1.3`.
        public var tls: String

        /// Something presented.
        public init(name: String?, matches: String?, reason: String?, spki: String?, expires: String?, tls: String) {
            self.name = name
            self.matches = matches
            self.reason = reason
            self.spki = spki
            self.expires = expires
            self.tls = tls
        }
    }

    /// What one address of a name server answers.
    public struct Server: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Where it was asked.
        public var address: String
        /// Why it gave no answer.
        public var failure: String?
        /// The zone's serial that it serves.
        public var serial: Int?
        /// The records that it serves.
        public var records: [String]
        /// Their TTL in seconds.
        public var ttl: Int?
        /// Until when their signatures hold, RFC 3339.
        public var signedUntil: String?

        /// A name server.
        public init(
            name: String, address: String, failure: String?, serial: Int?, records: [String], ttl: Int?,
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
}
