internal import Crypto
internal import _CryptoExtras

extension StagedKeys {
    /// A new key in PEM (PKCS#8), as certbot writes them.
    static func pem(_ kind: Kind) throws -> String {
        switch kind {
        case .p256: P256.Signing.PrivateKey().pemRepresentation + "\n"
        case .p384: P384.Signing.PrivateKey().pemRepresentation + "\n"
        case .rsa(let bits):
            try _RSA.Signing.PrivateKey(keySize: _RSA.Signing.KeySize(bitCount: bits)).pkcs8PEMRepresentation + "\n"
        }
    }
}
