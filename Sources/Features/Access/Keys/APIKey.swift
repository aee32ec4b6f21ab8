import Crypto

/// The secret of an API key as its holder keeps it: `stw_`, 24 random letters and digits (142 bits) and
/// 6 that check the rest, so that a mistyped or cut key and a leaked one are recognised by their look.
package struct APIKey: Sendable {
    /// The secret; shown once, never stored.
    package let secret: String

    /// What every generated key begins with.
    package static let prefix = "stw_"
    /// Secrets chosen by hand that are shorter than this are reported.
    package static let shortestGood = 16

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    private static let randomCount = 24
    private static let checkCount = 6

    /// A new key from the system's random numbers.
    package static func generate() -> APIKey {
        var generator = SystemRandomNumberGenerator()
        return generate(using: &generator)
    }

    /// A new key from `generator`.
    package static func generate(using generator: inout some RandomNumberGenerator) -> APIKey {
        var bytes = Array(prefix.utf8)
        for _ in 0..<randomCount {
            bytes.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
        }
        bytes += check(bytes)
        return APIKey(secret: String(decoding: bytes, as: UTF8.self))
    }

    /// What a presented secret looks like.
    package enum Look: Hashable, Sendable {
        /// A whole generated key.
        case generated
        /// Begins like a generated key but its check doesn't fit: mistyped or cut.
        case damaged
        /// Chosen by hand or elsewhere.
        case foreign
    }

    /// What `secret` looks like; says nothing about whether it opens anything.
    package static func look(of secret: String) -> Look {
        guard secret.hasPrefix(prefix) else { return .foreign }
        let bytes = Array(secret.utf8)
        guard bytes.count == prefix.utf8.count + randomCount + checkCount else { return .damaged }
        return Array(bytes.suffix(checkCount)) == check(Array(bytes.dropLast(checkCount))) ? .generated : .damaged
    }

    /// The first 35 bits of the SHA-256 in base 62.
    private static func check(_ bytes: [UInt8]) -> [UInt8] {
        var number: UInt64 = 0
        for byte in SHA256.hash(data: bytes).prefix(5) { number = number << 8 | UInt64(byte) }
        number >>= 5
        return (0..<checkCount).map { _ in
            defer { number /= 62 }
            return alphabet[Int(number % 62)]
        }
    }
}
