import NIOCore
import NIOSSL

/// Which keys the client says it can check, and so which of a server's certificates it is shown.
package enum TLSOffer: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every kind, as clients do.
    case any
    /// RSA only.
    case rsa
    /// ECDSA and Ed25519 only.
    case ecdsa

    private var signatures: [SignatureAlgorithm] {
        let elliptic: [SignatureAlgorithm] = [
            .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .ed25519,
        ]
        let rsa: [SignatureAlgorithm] = [
            .rsaPssRsaeSha256, .rsaPkcs1Sha256, .rsaPssRsaeSha384, .rsaPkcs1Sha384, .rsaPssRsaeSha512,
            .rsaPkcs1Sha512, .rsaPkcs1Sha1,
        ]
        switch self {
        case .any: return elliptic + rsa
        case .rsa: return rsa
        case .ecdsa: return elliptic
        }
    }

    private var ciphers: [NIOTLSCipher] {
        let elliptic: [NIOTLSCipher] = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
            .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        ]
        let rsa: [NIOTLSCipher] = [
            .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
            .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, .TLS_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_RSA_WITH_AES_256_GCM_SHA384, .TLS_RSA_WITH_AES_128_CBC_SHA, .TLS_RSA_WITH_AES_256_CBC_SHA,
        ]
        switch self {
        case .any: return elliptic + rsa
        case .rsa: return rsa
        case .ecdsa: return elliptic
        }
    }

    /// What NIOSSL needs for it. Nothing is verified: the chain is captured as it is; TLS 1.0 and 1.1 are accepted so
    /// that an old server's certificate is seen too, and its version said.
    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv1
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.verifySignatureAlgorithms = signatures
        configuration.cipherSuiteValues = ciphers
        configuration.curves = [.x25519, .secp256r1, .secp384r1, .secp521r1]
        configuration.shutdownTimeout = .milliseconds(200)
        return try NIOSSLContext(configuration: configuration)
    }
}
