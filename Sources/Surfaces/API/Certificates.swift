/// Answer of `GET /_platform/certificates`, and what `steward certs --json` prints.
public struct CertificateList: Codable, Hashable, Sendable {
    /// When it was looked, RFC 3339.
    public var at: String
    /// The trees that were read.
    public var trees: [CertificateTree]
    /// Every lineage, by tree and name.
    public var lineages: [CertificateLineage]
    /// Files that belong to no lineage.
    public var orphans: [CertificateOrphan]
    /// What could not be read: whatever is there may be in use.
    public var unread: [UnreadItem]
    /// What is wrong with the trees or the servers' configurations as such.
    public var findings: [CertificateFinding]
    /// Where signs of use were looked for.
    public var looked: [String]
    /// What was taken away and can be brought back.
    public var quarantined: [QuarantinedItem]

    /// All parts.
    public init(
        at: String, trees: [CertificateTree], lineages: [CertificateLineage], orphans: [CertificateOrphan],
        unread: [UnreadItem], findings: [CertificateFinding], looked: [String], quarantined: [QuarantinedItem]
    ) {
        self.at = at
        self.trees = trees
        self.lineages = lineages
        self.orphans = orphans
        self.unread = unread
        self.findings = findings
        self.looked = looked
        self.quarantined = quarantined
    }
}

/// A number that changes when a tree of certbot's changes.
public struct TreeSignature: Codable, Hashable, Sendable {
    /// The number; it has no meaning beside being the same or another.
    public var number: UInt64

    /// A signature.
    public init(number: UInt64) { self.number = number }
}

/// One of certbot's configuration folders.
public struct CertificateTree: Codable, Hashable, Sendable {
    /// Where it is.
    public var path: String
    /// The path that certbot itself knows it by, in its container.
    public var ownPath: String
    /// How it came to be known: `named`, `standard`, `volume NAME`, `container NAME`.
    public var origin: String

    /// A tree.
    public init(path: String, ownPath: String, origin: String) {
        self.path = path
        self.ownPath = ownPath
        self.origin = origin
    }

    enum CodingKeys: String, CodingKey {
        case path, origin
        case ownPath = "own_path"
    }
}

/// One sign that something uses a lineage.
public struct CertificateUse: Codable, Hashable, Sendable {
    /// `apache`, `nginx`, `postfix`, `served`, `copy`, ...
    public var kind: String
    /// `/etc/postfix/main.cf:27`, `127.0.0.1:25 STARTTLS`.
    public var place: String
    /// The directive or the words that were found.
    public var detail: String

    /// A sign of use.
    public init(kind: String, place: String, detail: String) {
        self.kind = kind
        self.place = place
        self.detail = detail
    }

    enum CodingKeys: String, CodingKey {
        case kind, detail
        case place = "where"
    }
}

/// One thing that is wrong or worth knowing, with the way out.
public struct CertificateFinding: Codable, Hashable, Sendable {
    /// A stable word; docs/guides/certificates.md lists them.
    public var code: String
    /// `note`, `warning` or `problem`.
    public var severity: String
    /// What is wrong, where, and what to do.
    public var text: String
    /// The file or folder.
    public var path: String?

    /// A finding.
    public init(code: String, severity: String, text: String, path: String?) {
        self.code = code
        self.severity = severity
        self.text = text
        self.path = path
    }
}

/// A file or folder in a tree that belongs to no lineage.
public struct CertificateOrphan: Codable, Hashable, Sendable {
    /// Where it is.
    public var path: String
    /// `archive`, `live`, `key`, `csr`, `file`.
    public var kind: String
    /// A stable word.
    public var code: String
    /// What is known about it and what to do with it.
    public var text: String
    /// The lineage under whose name the same files are judged; nil where there is none.
    public var lineage: String?

    /// An orphan.
    public init(path: String, kind: String, code: String, text: String, lineage: String? = nil) {
        self.lineage = lineage
        self.path = path
        self.kind = kind
        self.code = code
        self.text = text
    }
}

/// A place that could not be read.
public struct UnreadItem: Codable, Hashable, Sendable {
    /// The file, folder, address or program.
    public var place: String
    /// Why, and what would make it readable.
    public var reason: String
    /// Whether something there may use a lineage; then no lineage that it could be counts as unused.
    public var mayHoldUse: Bool

    /// A place and the reason.
    public init(place: String, reason: String, mayHoldUse: Bool = false) {
        self.place = place
        self.reason = reason
        self.mayHoldUse = mayHoldUse
    }

    enum CodingKeys: String, CodingKey {
        case place, reason
        case mayHoldUse = "may_hold_use"
    }
}

/// A lineage in quarantine.
public struct QuarantinedItem: Codable, Hashable, Sendable {
    /// What tells it from others of its name: when it went, and what.
    public var id: String
    /// Its name.
    public var name: String
    /// The tree that holds it.
    public var tree: String
    /// Since when, RFC 3339.
    public var since: String
    /// Bytes of all its files.
    public var size: Int
    /// The signs that something uses it all the same.
    public var usedBy: [CertificateUse]

    /// A lineage in quarantine.
    public init(id: String, name: String, tree: String, since: String, size: Int, usedBy: [CertificateUse]) {
        self.id = id
        self.name = name
        self.tree = tree
        self.since = since
        self.size = size
        self.usedBy = usedBy
    }

    enum CodingKeys: String, CodingKey {
        case id, name, tree, since, size
        case usedBy = "used_by"
    }
}
