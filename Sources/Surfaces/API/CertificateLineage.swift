/// One lineage with its verdict. Every field is written, `null` where there is nothing.
public struct CertificateLineage: Codable, Hashable, Sendable {
    /// What `state` can be.
    public static let states = ["used", "unused", "expired", "superseded", "duplicate", "broken", "unknown"]

    /// Its name.
    public var name: String
    /// The path of the tree that holds it.
    public var tree: String
    /// `used`, `unused`, `expired`, `superseded`, `duplicate`, `broken` or `unknown`.
    public var state: String
    /// The lineage that takes its place, where `state` is `superseded` or `duplicate`.
    public var successor: String?
    /// Why, in sentences, for and against.
    public var reasons: [String]
    /// The names of its certificate.
    public var names: [String]
    /// The key's algorithm: `RSA`, `ECDSA`, `Ed25519`, `other`.
    public var key: String?
    /// The key's size in bits.
    public var keyBits: Int?
    /// The issuer's name.
    public var issuer: String?
    /// The serial number in hex.
    public var serial: String?
    /// From when the certificate holds, RFC 3339.
    public var begins: String?
    /// Until when the certificate holds, RFC 3339.
    public var expires: String?
    /// Whole days from now to then, negative afterwards.
    public var daysLeft: Int?
    /// SHA-256 of the certificate in hex.
    public var fingerprint: String?
    /// SHA-256 of the public key in hex: what a TLSA record `3 1 1` holds.
    public var spki: String?
    /// The version that `live/` points to.
    public var version: Int?
    /// The versions in `archive/`.
    public var versions: [Int]
    /// certbot's authenticator.
    public var authenticator: String?
    /// Whether certbot renews it; nil where no renewal conf can be read.
    public var renews: Bool?
    /// The signs of use, best first.
    public var usedBy: [CertificateUse]
    /// What is wrong with it or worth knowing.
    public var findings: [CertificateFinding]

    /// A lineage in `state`; the rest is filled in.
    public init(name: String, tree: String, state: String) {
        self.name = name
        self.tree = tree
        self.state = state
        reasons = []
        names = []
        versions = []
        usedBy = []
        findings = []
    }

    enum CodingKeys: String, CodingKey {
        case name, tree, state, successor, reasons, names, key, issuer, serial, begins, expires, fingerprint, spki
        case version, versions, authenticator, renews, findings
        case keyBits = "key_bits"
        case daysLeft = "days_left"
        case usedBy = "used_by"
    }

    /// Writes every field.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(tree, forKey: .tree)
        try container.encode(state, forKey: .state)
        try container.encode(successor, forKey: .successor)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(names, forKey: .names)
        try container.encode(key, forKey: .key)
        try container.encode(keyBits, forKey: .keyBits)
        try container.encode(issuer, forKey: .issuer)
        try container.encode(serial, forKey: .serial)
        try container.encode(begins, forKey: .begins)
        try container.encode(expires, forKey: .expires)
        try container.encode(daysLeft, forKey: .daysLeft)
        try container.encode(fingerprint, forKey: .fingerprint)
        try container.encode(spki, forKey: .spki)
        try container.encode(version, forKey: .version)
        try container.encode(versions, forKey: .versions)
        try container.encode(authenticator, forKey: .authenticator)
        try container.encode(renews, forKey: .renews)
        try container.encode(usedBy, forKey: .usedBy)
        try container.encode(findings, forKey: .findings)
    }
}
