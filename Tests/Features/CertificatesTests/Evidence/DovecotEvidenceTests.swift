import Testing

@testable import StewardCertificates

@Suite struct DovecotEvidenceTests {
    private func read(_ configuration: String, _ more: [String: String] = [:]) -> ScratchRoot.Outcome {
        let scratch = ScratchRoot(more)
        scratch.write("/etc/dovecot/dovecot.conf", configuration)
        return scratch.read()
    }

    @Test(arguments: [
        "ssl_cert = </etc/x.pem", "ssl_cert=</etc/x.pem", "ssl_key = < /etc/x.pem # why", "ssl_key = \"</etc/x.pem\"",
        "ssl_server_cert_file = /etc/x.pem", "ssl_server {\n cert_file = /etc/x.pem\n}", "ssl_cert = \\\n </etc/x.pem",
        "local_name mail.example {\n  ssl_cert = </etc/x.pem\n}", "local 127.0.0.1 { ssl_cert = </etc/x.pem }",
        "protocol imap {\n local_name a { \n ssl_key = </etc/x.pem\n}\n}", "ssl_alt_cert = </etc/x.pem",
        "!include conf.d/*.conf", "!include_try conf.d/10-ssl.conf", "!include {a,conf}.d/*.conf",
        "ssl_cert = <../x.pem",
        "base = /etc\nssl_cert = <$base/x.pem", "ssl_client_ca_dir = /etc/certs", "ssl_cert = <../%{env:X}.pem",
    ])
    func theFileIsFound(_ configuration: String) {
        let outcome = read(
            configuration,
            [
                "/etc/x.pem": "", "/etc/dovecot/conf.d/10-ssl.conf": "ssl_cert = </etc/x.pem\n",
                "/etc/certs/a": "-> ../x.pem",
            ])
        #expect(outcome.paths.contains("/etc/x.pem"), "\(outcome)")
        #expect(outcome.findings.isEmpty, "\(outcome)")
    }

    @Test(arguments: [
        "#ssl_cert = </etc/x.pem", "ssl_cert =", "ssl_min_protocol = TLSv1.2", "ssl = required", "!include_try gone/*",
        "",
    ])
    func whatIsNoUseIsNoSign(_ configuration: String) {
        let outcome = read(configuration, ["/etc/x.pem": ""])
        #expect(outcome.signs.isEmpty && outcome.findings.isEmpty && outcome.unread.isEmpty, "\(outcome)")
    }

    @Test func theLineAndTheBlockAreNamed() {
        let outcome = read(
            "\n\nlocal_name mail.example {\n  ssl_cert = </etc/x.pem\n}\nssl_key = </etc/gone.pem\n", ["/etc/x.pem": ""]
        )
        #expect(
            outcome.signs == [
                "dovecot /etc/dovecot/dovecot.conf:4 -> /etc/x.pem (ssl_cert, in local_name mail.example)",
                "dovecot /etc/dovecot/dovecot.conf:6 -> /etc/gone.pem (ssl_key)",
            ])
        #expect(outcome.findings.count == 1)
    }

    @Test func includesInACircleEnd() {
        let outcome = read(
            "!include dovecot.conf\n!include a.conf\n", ["/etc/dovecot/a.conf": "!include *.conf\nssl_cert = </etc/y"])
        #expect(outcome.paths == ["/etc/y"])
    }
}
