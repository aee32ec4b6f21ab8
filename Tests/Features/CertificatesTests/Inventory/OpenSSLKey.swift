import Foundation
import Testing

@testable import StewardCertificates

/// A kind of key that the `openssl` program makes, with a certificate.
struct OpenSSLKey: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let arguments: [String]
    let facts: KeyFacts
    /// The traditional form's program: `rsa` (PKCS#1), `ec` (SEC 1).
    var traditional: String?

    static let all = [
        OpenSSLKey(
            testDescription: "RSA 2048", arguments: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            facts: KeyFacts(.rsa, bits: 2048), traditional: "rsa"),
        OpenSSLKey(
            testDescription: "RSA 1024", arguments: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            facts: KeyFacts(.rsa, bits: 1024), traditional: "rsa"),
        OpenSSLKey(
            testDescription: "P-256", arguments: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            facts: KeyFacts(.ecdsa, bits: 256), traditional: "ec"),
        OpenSSLKey(
            testDescription: "P-384", arguments: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            facts: KeyFacts(.ecdsa, bits: 384), traditional: "ec"),
        OpenSSLKey(
            testDescription: "P-521", arguments: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
            facts: KeyFacts(.ecdsa, bits: 521), traditional: "ec"),
        OpenSSLKey(
            testDescription: "secp256k1", arguments: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            facts: KeyFacts(.ecdsa, bits: 256), traditional: "ec"),
        OpenSSLKey(
            testDescription: "Ed25519", arguments: ["-algorithm", "ED25519"], facts: KeyFacts(.ed25519, bits: 256)),
    ]

    struct Made {
        var key: [UInt8]
        var certificate: [UInt8]
        var traditional: [UInt8]?
        var encrypted: [UInt8]?
    }

    /// The files; nil where there is no `openssl`.
    func make() throws -> Made? {
        guard let key = run(["genpkey"] + arguments) else { return nil }
        let folder = try InventoryTree()
        try folder.write("key", key)
        let file = "\(folder.path)/key"
        let certificate = run(["req", "-x509", "-new", "-key", file, "-subj", "/CN=k.example", "-days", "9"])
        guard let certificate else { return nil }
        return Made(
            key: key, certificate: certificate,
            traditional: traditional.flatMap { run([$0, "-in", file] + ($0 == "rsa" ? ["-traditional"] : [])) },
            encrypted: run(["pkcs8", "-topk8", "-in", file, "-passout", "pass:secret"]))
    }

    private func run(_ arguments: [String]) -> [UInt8]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? Array(bytes) : nil
    }
}
