package import StewardCertificates
package import StewardDNS

/// A private key with its certificate and chain, as PEM in the one order that every server takes: the key, the
/// certificate, its issuers (Postfix's `smtpd_tls_chain_files`; Dovecot's `ssl_cert` and `ssl_key` may name the same file).
package struct KeyedChain: Hashable, Sendable {
    /// Why bytes are no usable bundle, in words that follow the file's name.
    package struct Flaw: Error, Hashable, Sendable, CustomStringConvertible {
        /// Which kind.
        package enum Kind: String, Hashable, Sendable {
            case noKey = "no-key"
            case encryptedKey = "key-encrypted"
            case unknownKey = "key-unknown"
            case noCertificate = "no-certificate"
            case damaged
            /// The key is another certificate's.
            case mismatch = "key-mismatch"
        }

        package var kind: Kind
        package var text: String
        package var description: String { text }
    }

    /// The PEM label of the key: `PRIVATE KEY`, `EC PRIVATE KEY`, `RSA PRIVATE KEY`.
    package let keyLabel: String
    /// The key in DER, in the form that the label names.
    package let key: [UInt8]
    /// The certificates in DER, the key's own first.
    package let chain: [[UInt8]]
    /// What the key's own certificate says.
    package let facts: CertificateFacts

    /// Of a key and a chain in PEM; a file that holds both is both.
    /// - Throws: ``Flaw`` where one is missing or damaged, or they don't belong together.
    package init(key keyText: [UInt8], chain chainText: [UInt8]) throws(Flaw) {
        guard let block = PEM.blocks(keyText).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
            throw Flaw(kind: .noKey, text: "holds no private key")
        }
        let spki = try Self.publicPart(block)
        guard let der = block.der else { throw Flaw(kind: .damaged, text: "holds a private key with damaged base64") }
        (keyLabel, key) = (block.label, der)
        var certificates: [[UInt8]] = []
        for block in PEM.blocks(chainText) where block.label.hasSuffix("CERTIFICATE") {
            guard let der = block.der, CertificateReader.read(der: der) != nil else {
                throw Flaw(kind: .damaged, text: "holds a certificate that can't be read")
            }
            certificates.append(der)
        }
        guard let first = certificates.first, let reading = CertificateReader.read(der: first) else {
            throw Flaw(kind: .noCertificate, text: "holds no certificate")
        }
        (chain, facts) = (certificates, reading.facts)
        guard facts.spki == spki else {
            throw Flaw(kind: .mismatch, text: "holds a private key that is not the certificate's")
        }
    }

    /// The SHA-256 of the public part of the key.
    private static func publicPart(_ block: PEM.Block) throws(Flaw) -> Fingerprint {
        if block.isEncrypted || block.label == "ENCRYPTED PRIVATE KEY" {
            throw Flaw(
                kind: .encryptedKey, text: "holds a private key behind a passphrase, which no server can read alone")
        }
        guard let der = block.der else { throw Flaw(kind: .damaged, text: "holds a private key with damaged base64") }
        switch PrivateKeyReader.read(PEMText.encode(block.label, der)) {
        case .key(let spki): return spki
        case .encrypted, .unknown, .none:
            throw Flaw(kind: .unknownKey, text: "holds a private key of a kind that can't be read")
        }
    }

    /// Of one file that holds both.
    package init(file: [UInt8]) throws(Flaw) { try self.init(key: file, chain: file) }

    /// The key in PEM.
    package var keyText: [UInt8] { PEMText.encode(keyLabel, key) }
    /// The certificates in PEM.
    package var chainText: [UInt8] { chain.flatMap { PEMText.encode("CERTIFICATE", $0) } }
    /// The deployed file's content.
    package var bytes: [UInt8] { keyText + chainText }

    /// The credential, `records` made from the chain.
    package func credential(_ records: [TLSA]) -> Credential {
        Credential(
            certificate: facts.fingerprint, spki: facts.spki, notBefore: facts.notBefore, notAfter: facts.notAfter,
            records: records)
    }
}
