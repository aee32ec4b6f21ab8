import StewardCore
import StewardSettings
import Testing

@testable import StewardAccess

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct CertificatePatternTests {
    private let fingerprint = String(repeating: "5f", count: 32)
    private var certificate: ClientCertificate {
        ClientCertificate(
            fingerprint: fingerprint, subject: "CN=reporter,O=Example", commonName: "reporter",
            names: ["dns:reporter.test", "email:Reporter@client.test", "uri:spiffe://test/robot", "ip:192.0.2.1"])
    }

    @Test(arguments: [
        "dns:reporter.test", "dns:Reporter.TEST", "email:Reporter@client.test", "uri:spiffe://test/robot",
        "ip:192.0.2.1",
        "cn:reporter", "subject:CN=reporter,O=Example",
    ])
    func aPatternMatchesItsPart(text: String) throws {
        #expect(try CertificatePattern(parsing: text).matches(certificate))
    }

    @Test func aFingerprintMayBeWrittenAsOpenSSLDoes() throws {
        let written = stride(from: 0, to: 64, by: 2).map { _ in "5F" }.joined(separator: ":")
        #expect(try CertificatePattern(parsing: "sha256:\(written)").matches(certificate))
        #expect(try CertificatePattern(parsing: "sha256:\(fingerprint)").matches(certificate))
    }

    @Test(arguments: [
        "dns:other.test", "dns:client.test", "email:reporter@client.test", "cn:Reporter", "subject:CN=reporter",
        "uri:spiffe://test", "dns:192.0.2.1",
    ])
    func aPatternMatchesNothingElse(text: String) throws {
        #expect(try !CertificatePattern(parsing: text).matches(certificate))
    }

    @Test(arguments: [
        ("reporter.test", "names no certificate"), ("dsn:reporter.test", "did you mean 'dns:'?"),
        ("cn:", "nothing stands after"),
        ("sha256:abc", "64 hexadecimal digits"),
    ])
    func aRefusalSaysWhatToWrite(text: String, message: String) {
        do {
            _ = try CertificatePattern(parsing: text)
            Issue.record("it was read")
        } catch { #expect(error.message.contains(message)) }
    }

    private func decide(_ keys: [AccessKey], secrets: [String] = [], zone: KeyRequirement = .api) throws
        -> AccessDecision
    {
        var presented = PresentedKeys(headers: secrets.map { (name: "X-API-Key", value: $0) })
        presented.certificate = certificate
        return AccessPolicy.decide(
            zone: ZoneAccess(prefix: try ZonePrefix(parsing: "/api"), key: zone, addresses: AddressList()),
            client: IPAddress(v4: 1), keys: presented, ring: KeyRing(keys), now: Date(timeIntervalSince1970: 1000))
    }

    private func key(_ name: String, _ pattern: String, role: KeyRole = .api, expires: Double? = nil) throws
        -> AccessKey
    {
        AccessKey(
            name: name, certificate: try CertificatePattern(parsing: pattern), role: role,
            expires: expires.map { Date(timeIntervalSince1970: $0) }, origin: .settings(path: "keys[0]"))
    }

    private func name(_ decision: AccessDecision) -> String? {
        if case .allowed(let caller, _) = decision { caller.name } else { nil }
    }

    private func code(_ decision: AccessDecision) -> String? {
        if case .refused(let refusal) = decision { refusal.problem.code } else { nil }
    }

    @Test func aCertificateIsTheCallersKey() throws {
        #expect(name(try decide([key("other", "cn:other"), key("reporter", "cn:reporter")])) == "reporter")
        #expect(name(try decide([key("boss", "cn:reporter", role: .admin)], zone: .admin)) == "boss")
    }

    @Test func aSecretCountsBeforeACertificate() throws {
        let secret = AccessKey(name: "secret", secret: "a-long-secret-0123", role: .api, origin: .store(id: 1))
        #expect(
            name(try decide([key("reporter", "cn:reporter"), secret], secrets: ["a-long-secret-0123"])) == "secret")
        #expect(name(try decide([key("reporter", "cn:reporter"), secret], secrets: ["wrong"])) == "reporter")
    }

    @Test func refusalsTellWhatIsWrongWithTheCertificate() throws {
        #expect(code(try decide([key("other", "cn:other")])) == "certificate-unknown")
        #expect(code(try decide([key("reporter", "cn:reporter", expires: 999)])) == "key-refused")
        #expect(code(try decide([key("reporter", "cn:reporter")], zone: .admin)) == "no-keys-configured")
        #expect(
            code(try decide([key("reporter", "cn:reporter"), key("boss", "cn:boss", role: .admin)], zone: .admin))
                == "key-insufficient")
    }

    @Test func anOpenZoneIsOpenWithAnyCertificate() throws {
        #expect(name(try decide([key("other", "cn:other")], zone: .none)) == "")
    }

    @Test func aPatternIsNoSecret() throws {
        let ring = KeyRing([try key("reporter", "cn:reporter")])
        #expect(ring.find("cn:reporter") == nil && ring.find("") == nil)
    }
}
