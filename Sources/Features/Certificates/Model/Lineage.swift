#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// One certificate and its renewals under one name: `renewal/NAME.conf`, `live/NAME/`, `archive/NAME/`. Any of the
/// three may be missing; `findings` says so.
package struct Lineage: Sendable, Hashable, Codable {
    /// The four kinds of file in a lineage.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case cert
        case privkey
        case chain
        case fullchain
    }

    /// The name: of the conf without its ending, or of the folder. Bytes that are not UTF-8 are shown as `\xNN`.
    package var name: String
    /// The path of the tree that holds it.
    package var tree: String
    /// What the certificate that `live/` serves says; of the newest version in `archive/` where live is broken; nil
    /// where no certificate can be read.
    package var certificate: CertificateFacts?
    /// What `renewal/NAME.conf` says; nil where it is missing or can't be parsed.
    package var renewal: RenewalFacts?
    /// The version that live points to; nil where it is broken.
    package var version: Int?
    /// Every version in the archive, ascending.
    package var versions: [Int]
    /// Every path by which a server may name this lineage's files, absolute, symlinks resolved as far as they go:
    /// the live folder, the archive folder. Paths as certbot's own container knows them are among them.
    package var folders: [String]
    /// What is wrong with it or worth knowing.
    package var findings: [Finding]
    /// `renewal/NAME.conf` as this process opens it, absolute; nil where there is none.
    package var confPath: String?
    /// The folder in `live/` as this process opens it; nil where there is none.
    package var livePath: String?
    /// The folder in `archive/` that holds its versions; nil where there is none. Not always `archive/NAME`: the conf
    /// may name another one.
    package var archivePath: String?
    /// The name's bytes where they are not UTF-8; nil for all other names.
    package var nameBytes: [UInt8]?
    /// SHA-256 of the public part of the private key that `live/` (or the newest version) holds; nil where it can't be
    /// read.
    package var keySPKI: Fingerprint?
    /// Whether that key belongs to the certificate; nil where either can't be read.
    package var keyMatches: Bool? {
        guard let keySPKI, let certificate else { return nil }
        return keySPKI == certificate.spki
    }
    /// The certificates of the other versions in the archive, as far as they can be read: a server may still hold
    /// one of them.
    package var otherPrints: [CertificatePrint]

    /// All facts.
    package init(
        name: String, tree: String, certificate: CertificateFacts? = nil, renewal: RenewalFacts? = nil,
        version: Int? = nil, versions: [Int] = [], folders: [String] = [], findings: [Finding] = [],
        confPath: String? = nil, livePath: String? = nil, archivePath: String? = nil, nameBytes: [UInt8]? = nil,
        keySPKI: Fingerprint? = nil,
        otherPrints: [CertificatePrint] = []
    ) {
        self.name = name
        self.tree = tree
        self.certificate = certificate
        self.renewal = renewal
        self.version = version
        self.versions = versions
        self.folders = folders
        self.findings = findings
        self.confPath = confPath
        self.livePath = livePath
        self.archivePath = archivePath
        self.nameBytes = nameBytes
        self.keySPKI = keySPKI
        self.otherPrints = otherPrints
    }
}

/// By what a certificate of an older or newer version is known again.
package struct CertificatePrint: Hashable, Sendable, Codable {
    /// SHA-256 of the DER form.
    package var fingerprint: Fingerprint
    /// SHA-256 of the subject public key info's DER form.
    package var spki: Fingerprint

    /// Both digests of one certificate.
    package init(fingerprint: Fingerprint, spki: Fingerprint) {
        self.fingerprint = fingerprint
        self.spki = spki
    }
}

/// What a lineage's renewal conf says (certbot's `renewal/NAME.conf`, a ConfigObj file).
package struct RenewalFacts: Sendable, Hashable, Codable {
    /// The certbot version that wrote it.
    package var certbotVersion: String?
    /// `archive_dir` as written.
    package var archiveFolder: String?
    /// The paths of the four kinds as written.
    package var paths: [Lineage.Kind: String]
    /// `authenticator`: webroot, standalone, nginx, dns-rfc2136, ...
    package var authenticator: String?
    /// `installer`.
    package var installer: String?
    /// The ACME server's directory.
    package var server: String?
    /// The account's id.
    package var account: String?
    /// `key_type`.
    package var keyType: String?
    /// Whether renewals keep the key (`reuse_key`).
    package var reusesKey: Bool
    /// Whether certbot renews it (`autorenew`).
    package var renewsItself: Bool
    /// `renew_before_expiry` as written.
    package var renewBeforeExpiry: String?
    /// The pre, deploy (`renew_hook`) and post hooks' commands, by certbot's option name.
    package var hooks: [String: String]
    /// Until when certbot doesn't ask the ACME server again when to renew (`ari_retry_after` in
    /// `[acme_renewal_info]`; RFC 9773, section 4.3).
    package var ariRetryAfter: Date?
    /// The webroots that challenges are written to (`webroot_path`, `[[webroot_map]]`).
    package var webroots: [String]

    /// All facts.
    package init(
        certbotVersion: String? = nil, archiveFolder: String? = nil, paths: [Lineage.Kind: String] = [:],
        authenticator: String? = nil, installer: String? = nil, server: String? = nil, account: String? = nil,
        keyType: String? = nil, reusesKey: Bool = false, renewsItself: Bool = true,
        renewBeforeExpiry: String? = nil, hooks: [String: String] = [:], ariRetryAfter: Date? = nil,
        webroots: [String] = []
    ) {
        self.certbotVersion = certbotVersion
        self.archiveFolder = archiveFolder
        self.paths = paths
        self.authenticator = authenticator
        self.installer = installer
        self.server = server
        self.account = account
        self.keyType = keyType
        self.reusesKey = reusesKey
        self.renewsItself = renewsItself
        self.renewBeforeExpiry = renewBeforeExpiry
        self.hooks = hooks
        self.ariRetryAfter = ariRetryAfter
        self.webroots = webroots
    }
}
