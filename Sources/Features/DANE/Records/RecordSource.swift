internal import StewardCertificates
package import StewardDNS

/// What TLSA records are made from: a certificate, a chain, or a key alone.
package struct RecordSource: Hashable, Sendable {
    /// The server's subject public key info in DER.
    package let publicKey: [UInt8]
    /// The server's certificate first, then the others as they were read; empty where there is a key alone.
    package let chain: [ChainCertificate]

    /// From a file's bytes, PEM or DER: a certificate, a chain, a private key, a public key, or a key with its chain.
    package init(_ bytes: [UInt8]) throws(RecordFailure) {
        let (found, own) = (KeyMaterial.certificates(bytes), try Self.key(bytes))
        guard !found.isEmpty else {
            guard let own else {
                throw RecordFailure(
                    "no-key",
                    "There is neither a certificate nor a key in it. Give fullchain.pem, cert.pem, privkey.pem or a public key, in PEM or DER."
                )
            }
            (publicKey, chain) = (own, [])
            return
        }
        var chain: [ChainCertificate] = []
        for (index, der) in found.enumerated() {
            guard let certificate = der.flatMap(ChainCertificate.init(der:)) else {
                throw RecordFailure(
                    "certificate-damaged",
                    "Certificate \(index + 1) of \(found.count) in it can't be read. Take the file from where it came from again."
                )
            }
            chain.append(certificate)
        }
        if let own, own != chain[0].publicKey {
            throw RecordFailure(
                "key-mismatch",
                "The private key in it isn't the first certificate's: no server can serve them together. The server's own certificate must come first, and its key must be the key given."
            )
        }
        (publicKey, self.chain) = (chain[0].publicKey, chain)
    }

    /// Of certificates as a server presented them.
    package init?(presented: [[UInt8]]) {
        let chain = presented.compactMap(ChainCertificate.init(der:))
        guard chain.count == presented.count, let first = chain.first else { return nil }
        (publicKey, self.chain) = (first.publicKey, chain)
    }

    private static func key(_ bytes: [UInt8]) throws(RecordFailure) -> [UInt8]? {
        if bytes.first == 0x30, KeyMaterial.isCertificate(bytes) { return nil }
        if let info = KeyMaterial.publicKey(bytes) { return info }
        switch PrivateKeyReader.publicKey(bytes) {
        case .info(let info): return info
        case .none: return nil
        case .encrypted:
            if !KeyMaterial.certificates(bytes).isEmpty { return nil }
            throw RecordFailure(
                "key-encrypted",
                "The key is behind a passphrase. Give the certificate instead, or the public key (openssl pkey -pubout)."
            )
        case .unknown:
            if !KeyMaterial.certificates(bytes).isEmpty { return nil }
            throw RecordFailure(
                "key-unknown",
                "The key is of a kind whose public part can't be told here. Give the certificate instead, or the public key (openssl pkey -pubout)."
            )
        }
    }

    /// The record of this form. For usages 0 and 2 it is that of the chain's certificate at `depth`, 1 being the one
    /// that issued the server's.
    package func record(_ form: RecordForm, depth: Int = 1) throws(RecordFailure) -> MadeRecord {
        guard form.usage <= 3, form.selector <= 1, form.matching <= 2 else {
            throw RecordFailure(
                "form-unknown",
                "'\(form)' is no form of a TLSA record: the usage is 0 to 3, the selector 0 or 1, the matching type 0 to 2."
            )
        }
        let isAuthority = form.usage == 0 || form.usage == 2
        guard isAuthority || form.selector == 0 else {
            return made(form, of: publicKey, chain.first, at: 0)
        }
        guard let server = chain.first else {
            throw RecordFailure(
                "certificate-needed",
                "A record '\(form)' is made from a certificate\(isAuthority ? " chain" : ""), and there is a key alone. Give \(isAuthority ? "fullchain.pem" : "cert.pem")."
            )
        }
        guard isAuthority else { return made(form, of: server.der, server, at: 0) }
        guard let authority = authority(at: depth) else {
            throw RecordFailure(
                "issuer-needed",
                "A record '\(form)' is made from the certificate of the authority, and the chain doesn't lead to one at depth \(depth): \(chain.count == 1 ? "the server's certificate is alone in it" : "it has \(chain.count) certificates"). Give fullchain.pem."
            )
        }
        return made(form, of: form.selector == 0 ? authority.der : authority.publicKey, authority, at: depth)
    }

    /// The certificate `depth` steps up from the server's, by the issuers' names.
    private func authority(at depth: Int) -> ChainCertificate? {
        guard depth >= 1, var current = chain.first else { return nil }
        for _ in 0..<depth {
            guard !current.isSelfIssued,
                let next = chain.dropFirst().first(where: { $0.subject == current.issuer })
            else { return nil }
            current = next
        }
        return current
    }

    private func made(
        _ form: RecordForm, of bytes: [UInt8], _ certificate: ChainCertificate?, at depth: Int
    ) -> MadeRecord {
        let record = TLSA(
            usage: form.usage, selector: form.selector, matching: form.matching,
            bytes: ChainCertificate.digest(bytes, matching: form.matching) ?? [])
        return MadeRecord(record: record, certificate: certificate, depth: depth)
    }
}

/// A record and what it was made from.
package struct MadeRecord: Hashable, Sendable {
    /// The record.
    package var record: TLSA
    /// The certificate whose digest, or whose key's digest, it holds; nil where it was made from a key alone.
    package var certificate: ChainCertificate?
    /// How far that is from the server's own: 0 for it, 1 for its issuer's.
    package var depth: Int
}

/// Why no record could be made.
package struct RecordFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word.
    package var code: String
    /// What is wrong and what to do: whole sentences.
    package var text: String

    /// A failure.
    package init(_ code: String, _ text: String) {
        self.code = code
        self.text = text
    }

    package var description: String { text }
}
