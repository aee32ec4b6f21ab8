import Foundation
import StewardAccess
import StewardServer

/// What the commands print about a key; `--json` and the table show the same facts.
struct KeyFacts: Encodable {
    /// Its name.
    var name: String
    /// `api` or `admin`.
    var role: String
    /// The only zones it opens; empty: all that its role opens.
    var zones: [String]
    /// `active`, `expired` or `revoked`.
    var status: String
    /// Where it comes from: `state`, `settings` or `environment`.
    var source: String
    /// When it was added (RFC 3339); only keys of the state folder know.
    var created: String?
    /// When it stops counting.
    var expires: String?
    /// When it was last used.
    var lastUsed: String?
    /// When it was revoked.
    var revoked: String?

    enum CodingKeys: String, CodingKey {
        case name, role, zones, status, source, created, expires, revoked
        case lastUsed = "last_used"
    }

    /// A key of the state folder.
    init(_ stored: StoredKey, now: Date) {
        self.init(stored.key, source: "state", now: now)
        created = ExpiryDate.write(stored.created)
        lastUsed = stored.lastUsed.map(ExpiryDate.write)
        revoked = stored.revoked.map(ExpiryDate.write)
        if revoked != nil { status = "revoked" }
    }

    /// A key of the settings file or the environment.
    init(_ key: KeySettings, now: Date) {
        name = key.name
        role = key.role.rawValue
        zones = key.zones.map(\.text)
        source = key.isFromEnvironment ? "environment" : "settings"
        expires = key.expires.map(ExpiryDate.write)
        status = key.expires.map { $0 <= now } == true ? "expired" : "active"
    }

    private init(_ key: AccessKey, source: String, now: Date) {
        name = key.name
        role = key.role.rawValue
        zones = key.zones.map(\.text)
        self.source = source
        expires = key.expires.map(ExpiryDate.write)
        status = key.isExpired(at: now) ? "expired" : "active"
    }

    /// Writes every field, `null` where there is nothing, so that readers find the same fields in each object.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(role, forKey: .role)
        try container.encode(zones, forKey: .zones)
        try container.encode(status, forKey: .status)
        try container.encode(source, forKey: .source)
        try container.encode(created, forKey: .created)
        try container.encode(expires, forKey: .expires)
        try container.encode(lastUsed, forKey: .lastUsed)
        try container.encode(revoked, forKey: .revoked)
    }

    static let headings = ["NAME", "ROLE", "ZONES", "CREATED", "EXPIRES", "LAST USED", "STATUS", "SOURCE"]

    /// A row under `headings`.
    var row: [String] {
        let status = revoked.map { "revoked \($0)" } ?? status
        return [
            name, role, zones.isEmpty ? "all" : zones.joined(separator: ","), created ?? "-", expires ?? "never",
            lastUsed ?? (source == "state" ? "never" : "-"), status, source,
        ]
    }
}
