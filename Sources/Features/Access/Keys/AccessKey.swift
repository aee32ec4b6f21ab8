import StewardCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a key opens.
package enum KeyRole: String, Hashable, Sendable, CaseIterable, Codable {
    /// Zones that ask for an API key, or only those that the key lists.
    case api
    /// Every zone and the platform's API.
    case admin
}

/// What proves that a caller holds a key.
package enum Credential: Hashable, Sendable {
    /// A secret, known by its hash.
    case secret(KeyDigest)
    /// A client certificate whose chain leads to `tls.client_ca`.
    case certificate(CertificatePattern)
}

/// A key that opens zones, known by the hash of its secret or by a client certificate.
package struct AccessKey: Hashable, Sendable {
    /// Where a key comes from, for findings and `steward key list`.
    package enum Origin: Hashable, Sendable {
        /// The settings file; `path` is `keys[0]`.
        case settings(path: String)
        /// An environment variable.
        case environment(variable: String)
        /// The state folder, added by `steward key add`; `id` is its row.
        case store(id: Int64)
    }

    /// The name that the log shows.
    package var name: String
    /// What proves it.
    package var credential: Credential
    /// The hash of its secret, if it has one.
    package var digest: KeyDigest? { if case .secret(let digest) = credential { digest } else { nil } }
    /// The certificate that proves it, if one does.
    package var certificate: CertificatePattern? {
        if case .certificate(let pattern) = credential { pattern } else { nil }
    }
    /// What it opens.
    package var role: KeyRole
    /// For the role api: the only zones it opens; empty means every zone that asks for an API key.
    package var zones: [ZonePrefix]
    /// From then on it opens nothing.
    package var expires: Date?
    /// Where it comes from.
    package var origin: Origin
    /// How many characters its secret has, where the secret was seen.
    package var secretLength: Int?

    /// A key known by `digest`.
    package init(
        name: String, digest: KeyDigest, role: KeyRole, zones: [ZonePrefix] = [], expires: Date? = nil,
        origin: Origin, secretLength: Int? = nil
    ) {
        self.name = name
        credential = .secret(digest)
        self.role = role
        self.zones = zones
        self.expires = expires
        self.origin = origin
        self.secretLength = secretLength
    }

    /// A key that a client certificate proves.
    package init(
        name: String, certificate: CertificatePattern, role: KeyRole, zones: [ZonePrefix] = [], expires: Date? = nil,
        origin: Origin
    ) {
        self.name = name
        credential = .certificate(certificate)
        self.role = role
        self.zones = zones
        self.expires = expires
        self.origin = origin
    }

    /// A key whose secret is at hand; only its hash and length are kept.
    package init(
        name: String, secret: String, role: KeyRole, zones: [ZonePrefix] = [], expires: Date? = nil, origin: Origin
    ) {
        self.init(
            name: name, digest: KeyDigest(of: secret), role: role, zones: zones, expires: expires, origin: origin,
            secretLength: secret.count)
    }

    /// Whether the key no longer opens anything at `now`.
    package func isExpired(at now: Date) -> Bool {
        guard let expires else { return false }
        return now >= expires
    }

    /// Whether the key, unexpired, opens a zone that asks for `requirement`.
    package func opens(_ zone: ZonePrefix, asking requirement: KeyRequirement) -> Bool {
        switch (role, requirement) {
        case (.admin, _), (_, .none): true
        case (.api, .admin): false
        case (.api, .api): zones.isEmpty || zones.contains(zone)
        }
    }

    /// The caller that this key proves.
    package var caller: Caller { .key(name: name, isAdmin: role == .admin) }
}
