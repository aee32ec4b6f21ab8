import Glibc
import StewardSettings
import Testing

@testable import StewardEdge

@Suite struct TLSSettingsTests {
    private struct File: Sendable {
        var tls = TLSSettings()
        static let section = SettingsSection(File()) {
            Field("tls", \.tls, .section(TLSSettings.section), "The HTTPS listener.")
        }
    }

    private func read(_ text: String) throws(SettingsError) -> TLSSettings {
        try File.section.read(text: text, file: "steward.yaml").tls
    }

    @Test func aLineageIsOneOfCertbotsOrAFolder() throws {
        let settings = try read(
            "tls: {listen: 0.0.0.0:8443, certificates: [{lineage: shop.test}, {lineage: /srv/tls}]}")
        #expect(settings.certificates[0].chainFile == "/etc/letsencrypt/live/shop.test/fullchain.pem")
        #expect(settings.certificates[1].keyFile == "/srv/tls/privkey.pem")
        #expect(settings.isOn && settings.minVersion == .tls12 && settings.http2)
    }

    @Test(arguments: [
        ("tls:\n  listen: 0.0.0.0:8443", "steward.yaml:2:11: tls.listen: a listener for HTTPS needs a certificate"),
        ("tls:\n  certificates: [{lineage: a}]", "'listen' is missing"),
        ("tls:\n  listen: 0.0.0.0:1\n  certificates:\n    - certificate: a.pem", "'key' is missing"),
        ("tls:\n  listen: 0.0.0.0:1\n  certificates:\n    - {key: a.pem}", "'certificate' is missing"),
        (
            "tls:\n  listen: 0.0.0.0:1\n  certificates: [{lineage: a, key: b}]",
            "either 'certificate' and 'key', or 'lineage'"
        ),
        (
            "tls: {listen: 0.0.0.0:1, certificates: [{lineage: a}], client_certificates: required}",
            "needs 'client_ca'"
        ),
        ("tls: {listen: 0.0.0.0:1, certificates: [{lineage: a}], client_ca: ca.pem}", "client_certificates: optional"),
        (
            "tls: {listen: 0.0.0.0:1, certificates: [{lineage: a}], client_crl: a.crl}",
            "does nothing without 'client_ca'"
        ),
        ("tls: {listen: 0.0.0.0:1, certificates: [{lineage: a}], min_version: 1.1}", "is not one of 1.2, 1.3"),
    ])
    func whatIsMissingIsNamedWithItsPlace(text: String, message: String) {
        do {
            _ = try read(text)
            Issue.record("it was read")
        } catch { #expect(error.description.contains(message), "\(error)") }
    }

    @Test func everyFileThatCantBeServedIsNamedAtOnce() throws {
        let text = """
            tls:
              listen: 0.0.0.0:8443
              certificates:
                - {certificate: /nowhere/a.pem, key: /nowhere/a.key}
                - {certificate: /etc/hostname, key: /etc/hostname}
              client_ca: /nowhere/ca.pem
              client_certificates: required
            """
        let settings = try read(text)
        do {
            _ = try TLSTerms(settings, file: "steward.yaml")
            Issue.record("it was served")
        } catch {
            let lines = error.diagnostics.map(\.description)
            #expect(lines.count == 3)
            #expect(
                lines.contains {
                    $0.contains("steward.yaml:4") && $0.contains("/nowhere/a.pem can't be read: No such file")
                })
            #expect(
                lines.contains { $0.contains("steward.yaml:5") && $0.contains("/etc/hostname holds no certificate") })
            #expect(lines.contains { $0.contains("steward.yaml:6") && $0.contains("tls.client_ca") })
        }
    }
}
