#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One thing that `steward check` has to say about access: what, how bad, and the way out.
package struct AccessFinding: Hashable, Sendable {
    /// How bad it is.
    package enum Severity: String, Hashable, Sendable, CaseIterable {
        /// Calls are refused that should pass, or pass that should be refused.
        case error
        /// Likely not what was meant.
        case warning
        /// Worth knowing.
        case note
    }

    /// A stable word: `admits-proxy`, `zone-without-key`.
    package var code: String
    /// How bad it is.
    package var severity: Severity
    /// The zone, key or file that it is about.
    package var subject: String
    /// What is so; a sentence.
    package var message: String
    /// What to do; a sentence.
    package var remedy: String
}

/// What the findings are drawn from; gathering it is the caller's work.
package struct AccessFacts: Sendable {
    /// A file that holds a key's secret.
    package struct SecretFile: Hashable, Sendable {
        /// The file.
        package var path: String
        /// Its permission bits.
        package var mode: UInt32
        /// A file with `mode`.
        package init(path: String, mode: UInt32) {
            self.path = path
            self.mode = mode
        }
    }

    /// The zones' rules.
    package var zones: [ZoneAccess]
    /// The proxies whose headers are believed.
    package var trustedProxies: AddressList
    /// Every key: settings, environment, state folder.
    package var keys: [AccessKey]
    /// Addresses of this machine's gateways and bridges (Docker's gateway in a container).
    package var gateways: [IPAddress]
    /// Whether every listener is on a loopback address, so that all callers come through a local proxy.
    package var listensOnLoopbackOnly: Bool
    /// Files named by `keys` and `session_secret`.
    package var secretFiles: [SecretFile]
    /// The present.
    package var now: Date

    /// Facts about one configuration.
    package init(
        zones: [ZoneAccess], trustedProxies: AddressList, keys: [AccessKey], gateways: [IPAddress] = [],
        listensOnLoopbackOnly: Bool = false, secretFiles: [SecretFile] = [], now: Date
    ) {
        self.zones = zones
        self.trustedProxies = trustedProxies
        self.keys = keys
        self.gateways = gateways
        self.listensOnLoopbackOnly = listensOnLoopbackOnly
        self.secretFiles = secretFiles
        self.now = now
    }
}

/// Looks for access rules that don't do what they seem to. Pure.
package enum AccessFindings {
    /// All findings, worst first.
    package static func find(_ facts: AccessFacts) -> [AccessFinding] {
        let all =
            facts.zones.flatMap { zone($0, facts) } + facts.keys.flatMap { key($0, facts) } + twins(facts)
            + facts.secretFiles.compactMap(file) + proxies(facts)
        let order = AccessFinding.Severity.allCases
        return order.flatMap { severity in all.filter { $0.severity == severity } }
    }

    private static func zone(_ zone: ZoneAccess, _ facts: AccessFacts) -> [AccessFinding] {
        var findings = admitsProxy(zone, facts)
        let ring = KeyRing(facts.keys.filter { !$0.isExpired(at: facts.now) })
        if zone.key != .none, !ring.canOpen(zone.prefix, asking: zone.key) {
            let role = zone.key.rawValue
            let expired = KeyRing(facts.keys).canOpen(zone.prefix, asking: zone.key)
            findings.append(
                AccessFinding(
                    code: "zone-without-key", severity: .error, subject: zone.prefix.text,
                    message: "The zone \(zone.prefix) asks for an \(role) key and "
                        + (expired ? "every key that opens it has expired" : "none exists")
                        + ", so every call is refused.",
                    remedy: "Add one with 'steward key add NAME --role \(role)', "
                        + "or set \(zone.key == .admin ? "ADMIN_API_KEY" : "API_KEY")."))
        }
        if zone.key == .admin, zone.addresses.isEmpty {
            findings.append(
                AccessFinding(
                    code: "admin-zone-open-to-all", severity: .note, subject: zone.prefix.text,
                    message: "The admin zone \(zone.prefix) admits every address; only the key protects it.",
                    remedy: "List the addresses that need it: 'addresses: [192.0.2.0/24]'."))
        }
        let everybody = zone.addresses.blocks.first { $0.last.bits - $0.first.bits >= ($0.isV4 ? 0xffff_ffff : .max) }
        if let everybody {
            findings.append(
                AccessFinding(
                    code: "admits-everybody", severity: .warning, subject: zone.prefix.text,
                    message: "The address list of \(zone.prefix) holds \(everybody), which is every address.",
                    remedy: "Remove the list if everybody may call, or list the networks that may."))
        }
        return findings
    }

    /// The list holds an address that stands for everybody who comes through a proxy.
    private static func admitsProxy(_ zone: ZoneAccess, _ facts: AccessFacts) -> [AccessFinding] {
        let untrusted = facts.gateways.filter { !facts.trustedProxies.contains($0) && zone.addresses.contains($0) }
        if let gateway = untrusted.first {
            return [
                AccessFinding(
                    code: "admits-proxy", severity: .error, subject: zone.prefix.text,
                    message:
                        "The address list of \(zone.prefix) admits \(gateway), the gateway that calls from outside "
                        + "come through, and it is no trusted proxy: everybody behind it is let in.",
                    remedy: "Remove \(gateway) from the list; if a proxy calls from it, add it to 'trusted_proxies'.")
            ]
        }
        let loopback = IPAddress(v4: 0x7f00_0001)
        if facts.listensOnLoopbackOnly, zone.addresses.contains(loopback), !facts.trustedProxies.contains(loopback) {
            return [
                AccessFinding(
                    code: "admits-proxy", severity: .error, subject: zone.prefix.text,
                    message:
                        "The address list of \(zone.prefix) admits \(loopback), and the server listens on loopback "
                        + "alone: every call through a local proxy comes from there and is let in.",
                    remedy:
                        "Add \(loopback) to 'trusted_proxies' if a proxy stands in front, so that the real address counts."
                )
            ]
        }
        let listed = facts.trustedProxies.blocks.filter { zone.addresses.contains($0.first) && !$0.first.isLoopback }
        guard let proxy = listed.first else { return [] }
        return [
            AccessFinding(
                code: "lists-trusted-proxy", severity: .warning, subject: zone.prefix.text,
                message: "The address list of \(zone.prefix) admits the trusted proxy \(proxy): a call whose "
                    + "forwarded address is missing or unreadable counts as the proxy's and is let in.",
                remedy: "Remove the proxy from the zone's list; the callers' own addresses are what to list.")
        ]
    }

    private static func key(_ key: AccessKey, _ facts: AccessFacts) -> [AccessFinding] {
        var findings: [AccessFinding] = []
        if let length = key.secretLength, length < APIKey.shortestGood {
            findings.append(
                AccessFinding(
                    code: "short-key", severity: .warning, subject: key.name,
                    message: "The secret of the key '\(key.name)' has only \(length) characters and can be guessed.",
                    remedy:
                        "Use at least \(APIKey.shortestGood) random ones, or 'steward key add', which makes 142 random bits."
                ))
        }
        if key.isExpired(at: facts.now) {
            findings.append(
                AccessFinding(
                    code: "expired-key", severity: .warning, subject: key.name,
                    message: "The key '\(key.name)' has expired and opens nothing.",
                    remedy: "Remove it, or give its holder a new one."))
        }
        let known = Set(facts.zones.map(\.prefix))
        for zone in key.zones where !known.contains(zone) {
            findings.append(
                AccessFinding(
                    code: "key-for-missing-zone", severity: .warning, subject: key.name,
                    message: "The key '\(key.name)' lists the zone \(zone), which does not exist.",
                    remedy: "Correct the prefix, or add the zone."))
        }
        return findings
    }

    /// Keys that share a secret: only the first counts.
    private static func twins(_ facts: AccessFacts) -> [AccessFinding] {
        var names: [Credential: String] = [:]
        return facts.keys.compactMap { key in
            guard let first = names[key.credential] else {
                names[key.credential] = key.name
                return nil
            }
            guard key.certificate == nil else { return sameCertificate(first, key) }
            return AccessFinding(
                code: "same-secret", severity: .warning, subject: key.name,
                message: "The keys '\(first)' and '\(key.name)' have the same secret; '\(first)' counts.",
                remedy: "Give each its own secret.")
        }
    }

    private static func sameCertificate(_ first: String, _ key: AccessKey) -> AccessFinding {
        AccessFinding(
            code: "same-certificate", severity: .warning, subject: key.name,
            message: "The keys '\(first)' and '\(key.name)' are for the same client certificate; '\(first)' is "
                + "the caller's name where both open a zone.",
            remedy: "Remove one, or let them open different zones.")
    }

    private static func file(_ file: AccessFacts.SecretFile) -> AccessFinding? {
        guard file.mode & 0o007 != 0 else { return nil }
        let mode = String(file.mode & 0o777, radix: 8)
        return AccessFinding(
            code: "readable-secret", severity: .error, subject: file.path,
            message: "Every user of this machine can open \(file.path), which holds a secret (mode \(mode)).",
            remedy: "Run 'chmod 600 \(file.path)'.")
    }

    private static func proxies(_ facts: AccessFacts) -> [AccessFinding] {
        facts.trustedProxies.blocks.filter { $0.prefixLength <= ($0.isV4 ? 96 + 7 : 15) }.map { block in
            AccessFinding(
                code: "trusts-too-many", severity: .error, subject: block.description,
                message: "'trusted_proxies' holds \(block): nearly everybody may claim any address.",
                remedy: "List the proxies' own addresses.")
        }
    }
}
