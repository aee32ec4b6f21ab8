internal import Crypto

/// Who may read and write the Flask sessions of a zone.
package enum SessionSharing: String, Hashable, Sendable, CaseIterable {
    /// The zone alone: other zones' scripts neither read its sessions nor can make one.
    case own
    /// All zones that say so.
    case shared
}

/// What signs the Flask sessions of a zone, and the cookie that carries them.
///
/// A script knows the key of its zone. Sessions that are a zone's own are therefore signed with a key that follows from the
/// server's secret by HMAC-SHA256, from which neither the secret nor another zone's key can be had. Shared ones are signed
/// with the secret itself, so that sessions of a Flask application with the same `SECRET_KEY` go on.
package struct SessionKey: Hashable, Sendable {
    /// The key's bytes.
    package let bytes: [UInt8]
    /// Name of the cookie: two zones of one host don't take each other's for a forged one of theirs.
    package let cookie: String

    /// The key of the zone at `prefix`, of a server with `secret`.
    package init(secret: String, prefix: String, sharing: SessionSharing) {
        guard sharing == .own else {
            bytes = Array(secret.utf8)
            cookie = "session"
            return
        }
        let key = SymmetricKey(data: Array(secret.utf8))
        bytes = Array(
            HMAC<SHA256>.authenticationCode(for: Array("steward: sessions of the zone \(prefix)".utf8), using: key))
        cookie = "session" + (prefix == "/" ? "" : prefix.map { Self.inCookies($0) ? String($0) : "_" }.joined())
    }

    private static func inCookies(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-" || character == ".")
    }

    /// The key as hexadecimal digits.
    package var hexadecimal: String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
