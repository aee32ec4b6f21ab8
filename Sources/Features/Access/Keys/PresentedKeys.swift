import StewardCore

/// The secrets that a request presents: in `X-API-Key`, `X-Admin-Key` and `Authorization: Bearer`
/// (RFC 6750, section 2.1), never in the query; and the client certificate of its connection. Holds nothing and allocates nothing when there is none.
package struct PresentedKeys: Sendable {
    /// The secrets in the order of the headers, each once.
    package private(set) var secrets: [String] = []

    /// The certificate that the client proved to own in the TLS handshake.
    package var certificate: ClientCertificate?

    /// More than this are not tried: each costs a hash.
    package static let limit = 4

    /// No secret.
    package init() {}

    /// The secrets in `headers`.
    package init(headers: some Sequence<(name: String, value: String)>) {
        for (name, value) in headers { consider(name: name, value: value) }
    }

    /// Whether no key was presented.
    package var isEmpty: Bool { secrets.isEmpty && certificate == nil }

    /// Takes the secret of one header field, if it carries one.
    package mutating func consider(name: String, value: String) {
        switch name.utf8.count {
        case 9 where Self.isSame(name[...], "x-api-key"), 11 where Self.isSame(name[...], "x-admin-key"):
            add(value[...].trimmingBlanks())
        case 13 where Self.isSame(name[...], "authorization"):
            let scheme = value.prefix(7)
            guard Self.isSame(scheme, "bearer ") else { return }
            add(value.dropFirst(7).trimmingBlanks())
        default: break
        }
    }

    /// Forgets the secrets, and keeps the certificate.
    package mutating func removeSecrets() { secrets = [] }

    private mutating func add(_ secret: Substring) {
        guard !secret.isEmpty, secret.utf8.count <= 512, secrets.count < Self.limit else { return }
        let secret = String(secret)
        if !secrets.contains(secret) { secrets.append(secret) }
    }

    /// Compares with `lowercase`, whose letters are lower case.
    private static func isSame(_ text: Substring, _ lowercase: StaticString) -> Bool {
        guard text.utf8.count == lowercase.utf8CodeUnitCount else { return false }
        var expected = lowercase.utf8Start
        for byte in text.utf8 {
            let folded = (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
            guard folded == expected.pointee else { return false }
            expected += 1
        }
        return true
    }
}
