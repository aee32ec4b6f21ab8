import Crypto
import Foundation
import SwiftASN1
import X509

@testable import StewardDANE

/// Issues certificates for scratch lineages: a root alone signs them.
struct DeployAuthority {
    static let shared = DeployAuthority()

    let root: Certificate
    private let key = P256.Signing.PrivateKey()

    private init() {
        root = Self.certificate(key.publicKey, "Deploy Test Root", "Deploy Test Root", key, names: [], days: 3650)
    }

    /// Key and chain of a new certificate for `names` that holds for `days` from now.
    func issue(
        _ names: [String] = ["mail.example"], days: Double = 90,
        key: P256.Signing.PrivateKey = P256.Signing.PrivateKey()
    ) -> (key: String, cert: String, chain: String) {
        let leaf = Self.certificate(key.publicKey, names[0], "Deploy Test Root", self.key, names: names, days: days)
        return (key.pemRepresentation + "\n", Self.pem(leaf), Self.pem(root))
    }

    /// The same together.
    func chain(_ names: [String] = ["mail.example"], days: Double = 90) throws -> KeyedChain {
        let issued = issue(names, days: days)
        return try KeyedChain(key: Array(issued.key.utf8), chain: Array((issued.cert + issued.chain).utf8))
    }

    private static func certificate(
        _ key: P256.Signing.PublicKey, _ subject: String, _ issuer: String, _ signer: P256.Signing.PrivateKey,
        names: [String], days: Double
    ) -> Certificate {
        do {
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key),
                notValidBefore: Date().addingTimeInterval(-3600),
                notValidAfter: Date().addingTimeInterval(days * 86_400),
                issuer: try DistinguishedName { CommonName(issuer) },
                subject: try DistinguishedName { CommonName(subject) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    if names.isEmpty {
                        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    } else {
                        SubjectAlternativeNames(names.map { .dnsName($0) })
                    }
                }, issuerPrivateKey: .init(signer))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func pem(_ certificate: Certificate) -> String {
        do { return try certificate.serializeAsPEM().pemString + "\n" } catch { preconditionFailure("\(error)") }
    }
}

/// A scratch folder that goes away with it.
final class DeployScratch: Sendable {
    let path: String

    init() throws {
        var bytes = (NSTemporaryDirectory() + "steward-dane-XXXXXX").utf8CString
        let made = bytes.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw CocoaError(.fileWriteUnknown) }
        path = made
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
        let place = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: place))
        chmod(place, mode)
    }

    /// What is there itself, symlinks not followed.
    func facts(_ name: String) -> FileFacts? { FileFacts(folder: AT_FDCWD, name: "\(path)/\(name)") }

    /// All names beneath it, ascending.
    var names: [String] { (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted() }
}
