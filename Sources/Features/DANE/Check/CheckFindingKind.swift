package import StewardCertificates

/// Every kind of finding of a check: what the reference is made of.
package enum CheckFindingKind: String, Hashable, Sendable, CaseIterable {
    // The domain and its MX
    case noSuchDomain = "no-such-domain"
    case nullMX = "null-mx"
    case mxFailed = "mx-lookup-failed"
    case mxBogus = "mx-bogus"
    case mxInsecure = "mx-insecure"
    case mxImplicit = "mx-implicit"
    case mxUnusable = "mx-unusable"
    case mxMany = "mx-many"
    // Addresses
    case addressFailed = "address-lookup-failed"
    case addressBogus = "address-bogus"
    case addressInsecure = "address-insecure"
    case addressMissing = "no-address"
    case aliased = "mx-alias"
    // TLSA
    case tlsaFailed = "tlsa-lookup-failed"
    case tlsaBogus = "tlsa-bogus"
    case tlsaInsecure = "tlsa-insecure"
    case tlsaMissing = "no-tlsa"
    case noUsable = "no-usable-record"
    case recordMalformed = "record-malformed"
    case recordPKIX = "record-pkix"
    case recordRepeated = "record-repeated"
    case recordSuperseded = "record-superseded"
    case recordSHA512Alone = "record-sha512-alone"
    case recordsMany = "records-many"
    case recordStale = "record-stale"
    // What is served
    case unreachable = "unreachable"
    case noRoute = "no-route"
    case noTLS = "no-starttls"
    case tlsFailed = "tls-failed"
    case tlsOld = "tls-old"
    case dialogueFailed = "dialogue-failed"
    case noMatch = "no-match"
    case chainInvalid = "chain-invalid"
    case nameMismatch = "name-mismatch"
    case anchorNotSent = "anchor-not-sent"
    case withoutSNI = "no-match-without-sni"
    case expiredServed = "expired-served"
    case pkixUnchecked = "pkix-unchecked"
    // Name servers
    case serversUnknown = "servers-unknown"
    case serverSilent = "server-silent"
    case serverLame = "server-lame"
    case serverDiffers = "server-differs"
    case serverLacks = "server-lacks-records"
    case serverTTL = "server-ttl-differs"
    case serverSerial = "server-serial-differs"
    case signatureExpired = "signature-expired"
    case signatureEnding = "signature-ending"
    case signatureMissing = "signature-missing"
}

extension CheckFindingKind {
    /// What the reference says of a kind.
    package struct Entry: Hashable, Sendable {
        /// How bad it usually is.
        package var severity: Finding.Severity
        /// What a DANE-enforcing sender usually does.
        package var effect: SenderEffect
        /// What it means, in a sentence.
        package var meaning: String
        /// What to do, in a sentence.
        package var remedy: String

        init(_ severity: Finding.Severity, _ effect: SenderEffect, _ meaning: String, _ remedy: String) {
            self.severity = severity
            self.effect = effect
            self.meaning = meaning
            self.remedy = remedy
        }
    }

    /// How bad it usually is.
    package var severity: Finding.Severity { entry.severity }
    /// What a DANE-enforcing sender usually does.
    package var effect: SenderEffect { entry.effect }

    /// What the reference says of it.
    package var entry: Entry {
        Self.domain[self] ?? Self.records[self] ?? Self.served[self] ?? Self.servers[self]
            ?? Entry(.problem, .none, "A kind without a description.", "Tell the makers.")
    }

    /// The kinds with an entry, as the reference has them: its parts' titles and what is in them.
    package static var parts: [(title: String, kinds: [CheckFindingKind])] {
        [
            ("The domain and its MX", domain), ("TLSA records", records), ("What is served", served),
            ("Name servers", servers),
        ]
        .map { part in (part.0, allCases.filter { part.1[$0] != nil }) }
    }
}
