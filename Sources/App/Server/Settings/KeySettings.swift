import StewardAccess
import StewardSettings

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a secret comes from.
package enum SecretSource: Sendable, Hashable {
    /// A file's content without the line end; the path is absolute.
    case file(String)
    /// An environment variable.
    case environment(String)
    /// Only the hash is known.
    case digest(KeyDigest)
    /// There is none: a client certificate proves the key.
    case certificate(CertificatePattern)
}

/// A key of the settings file or the environment.
package struct KeySettings: Sendable, Hashable {
    /// The name that the log shows.
    package var name = ""
    /// What it opens.
    package var role = KeyRole.api
    /// The only zones it opens; empty: all that ask for an API key.
    package var zones: [ZonePrefix] = []
    /// From then on it opens nothing.
    package var expires: Date?
    /// Where its secret comes from.
    package var source = SecretSource.environment("")
    /// Whether it comes from the environment alone, without the settings file.
    package var isFromEnvironment = false
    /// The key's place in the settings file, `keys[0]`.
    package var path = ""
    /// Where the source is named in the file.
    package var mark: SourceMark?

    var digest: KeyDigest?
    var file: String?
    var variable: String?
    var certificate: CertificatePattern?

    init() {}

    init(name: String, role: KeyRole, variable: String) {
        self.name = name
        self.role = role
        source = .environment(variable)
        isFromEnvironment = true
    }

    static let section = SettingsSection(
        KeySettings(), check: { key, node, reader in key.check(node, &reader) }
    ) {
        Field("name", \.name, .keyName, required: true, example: "reporting", "The name that the log shows.")
        Field(
            "role", \.role, .choice,
            "What it opens: api the zones that ask for an API key, admin every zone and the platform's API.")
        Field(
            "zones", \.zones, .oneOrMore(.zonePrefix), standard: "all zones that ask for an API key",
            example: "[/api]", "For the role api: the only zones that it opens.")
        Field(
            "expires", \.expires, ValueKind<Date>.expiry.optional, example: "2027-12-31",
            "The last day on which it counts (UTC), or the moment when it stops counting, 2027-12-31T18:00:00Z.")
        Field(
            "sha256", \.digest, ValueKind<KeyDigest>.digest.optional,
            "The SHA-256 of the secret, in hexadecimal. One of sha256, file, environment and client_certificate must be there."
        )
        Field("file", \.file, ValueKind<String>.path.optional, "A file that holds the secret.")
        Field(
            "environment", \.variable, ValueKind<String>.text.optional, example: "REPORTING_KEY",
            "The environment variable that holds the secret.")
        Field(
            "client_certificate", \.certificate, ValueKind<CertificatePattern>.certificate.optional,
            example: "dns:reporter.example.tw",
            "The client certificate that is the key, by one of dns:, email:, uri:, ip:, cn:, subject: and sha256:; see tls.client_ca."
        )
    }

    private mutating func check(_ node: SettingsNode, _ reader: inout SettingsReader) {
        path = node.path
        let sources = ["sha256", "file", "environment", "client_certificate"].compactMap { node[$0] }
        mark = sources.first?.mark
        if sources.count != 1 {
            let found = sources.isEmpty ? "none" : "\(sources.count)"
            reader.report(
                "a key needs exactly one of sha256, file, environment and client_certificate; found \(found)", at: node)
        }
        if let digest { source = .digest(digest) }
        if let file { source = .file(file) }
        if let variable { source = .environment(variable) }
        if let certificate { source = .certificate(certificate) }
        if role == .admin, !zones.isEmpty, let list = node["zones"] {
            reader.report("an admin key opens every zone; remove 'zones' or set 'role: api'", at: list)
        }
    }
}

extension ValueKind where Value == String {
    /// A key's name.
    static var keyName: ValueKind {
        .scalar("name", format: { $0.isEmpty ? nil : $0 }) { text throws(ValueRefusal) in
            guard KeyRules.isGoodName(text) else {
                throw ValueRefusal("\"\(text)\" can't name a key; use 1 to 64 letters, digits, '.', '_', '-' or '@'")
            }
            return text
        }
    }
}

extension ValueKind where Value == CertificatePattern {
    /// `dns:NAME` and the like.
    static var certificate: ValueKind {
        .scalar("PART:VALUE", format: \.description) { text throws(ValueRefusal) in
            try CertificatePattern(parsing: text)
        }
    }
}

extension ValueKind where Value == KeyDigest {
    /// 64 hexadecimal digits.
    static var digest: ValueKind {
        .scalar("64 hexadecimal digits", format: \.hex) { text throws(ValueRefusal) in
            guard let digest = KeyDigest(hex: text) else {
                throw ValueRefusal(
                    "this is not the SHA-256 of a secret (64 hexadecimal digits); "
                        + "make it with: printf %s \"$SECRET\" | sha256sum")
            }
            return digest
        }
    }
}

/// Where a secret is kept: one of a file and an environment variable.
struct SecretFile: Sendable, Hashable {
    var file: String?
    var variable: String?

    static let section = SettingsSection(
        SecretFile(),
        check: { secret, node, reader in
            guard (secret.file == nil) == (secret.variable == nil), !node.isNothing else { return }
            reader.report("write exactly one of 'file: PATH' and 'environment: NAME'", at: node)
        }
    ) {
        Field("file", \.file, ValueKind<String>.path.optional, "A file that holds the secret.")
        Field(
            "environment", \.variable, ValueKind<String>.text.optional,
            "The environment variable that holds the secret.")
    }
}
