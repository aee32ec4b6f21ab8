import GRDB
import StewardSettings

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A key of the state folder, as `steward key list` shows it.
package struct StoredKey: Hashable, Sendable {
    /// Its row.
    package var id: Int64
    /// What it opens and until when.
    package var key: AccessKey
    /// When it was added.
    package var created: Date
    /// When it was last used, to a few seconds.
    package var lastUsed: Date?
    /// When it was revoked.
    package var revoked: Date?

    init(_ row: Row) throws {
        let id: Int64 = row["id"]
        let name: String = row["name"]
        let digest: Data = row["digest"]
        let role: String = row["role"]
        let zones: String = row["zones"]
        guard let digest = KeyDigest(bytes: digest), let role = KeyRole(rawValue: role) else {
            throw KeyStoreError.damagedRow(name)
        }
        self.id = id
        key = AccessKey(
            name: name, digest: digest, role: role,
            zones: try zones.split(separator: "\n").map { try ZonePrefix(parsing: String($0)) },
            expires: Self.date(row["expires_at"]), origin: .store(id: id))
        created = Date(timeIntervalSince1970: row["created_at"])
        lastUsed = Self.date(row["last_used_at"])
        revoked = Self.date(row["revoked_at"])
    }

    private static func date(_ seconds: Double?) -> Date? {
        seconds.map { Date(timeIntervalSince1970: $0) }
    }
}

/// Why a key can't be added or revoked, in a sentence with the way out.
package enum KeyStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    case nameTaken(String)
    case unknownName(String, known: [String])
    case badName(String)
    case adminWithZones
    case expiryPassed
    case damagedRow(String)

    package var description: String {
        switch self {
        case .nameTaken(let name):
            return "a key named '\(name)' exists; revoke it first or choose another name"
        case .unknownName(let name, let known):
            let hint = Spelling.nearest(to: name, among: known).map { "; did you mean '\($0)'?" }
            return "there is no key named '\(name)'" + (hint ?? "; 'steward key list' shows them")
        case .badName(let name):
            return "'\(name)' can't name a key; use 1 to 64 letters, digits, '.', '_', '-' or '@'"
        case .adminWithZones:
            return "an admin key opens every zone; leave the zones out, or use the role api"
        case .expiryPassed:
            return "the expiry lies in the past; give a date to come"
        case .damagedRow(let name):
            return "the stored key '\(name)' is damaged; revoke it and add a new one"
        }
    }
}

/// What holds for every key, wherever it comes from.
package enum KeyRules {
    /// Whether `name` may name a key: it stands in logs and commands.
    package static func isGoodName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "._-@".utf8.contains(byte)
                }
            }
    }

    static func check(
        name: String, role: KeyRole, zones: [ZonePrefix], expires: Date?, now: Date
    ) throws(KeyStoreError) {
        guard isGoodName(name) else { throw .badName(name) }
        if role == .admin, !zones.isEmpty { throw .adminWithZones }
        if let expires, expires <= now { throw .expiryPassed }
    }
}
