import Testing

@testable import StewardCertificates

@Suite struct FurtherEvidenceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var file: String
        var text: String
        var testDescription: String { "\(file): \(text)" }

        init(_ file: String, _ text: String) {
            self.file = file
            self.text = text
        }
    }

    private static let helpers = [
        "/etc/x.pem": "", "/etc/y.pem": "", "/etc/caddy/sites/a": "a.example {\n tls /etc/x.pem /etc/y.pem\n}",
        "/etc/exim4/certs": "a.example: /etc/x.pem\n", "/etc/default/caddy": "CERTS=/etc\n",
        "/etc/folder/x.pem": "-> ../x.pem",
        "/etc/exim4/part": "tls_certificate = /etc/x.pem\n",
        "/etc/mysql/conf.d/a.cnf": "[mysqld]\nssl-cert=/etc/x.pem\n",
        "/etc/proftpd/tls.conf": "TLSRSACertificateFile /etc/x.pem\n",
        "/etc/mosquitto/conf.d/a.conf": "certfile /etc/x.pem\n",
        "/etc/postgresql/15/main/conf.d/a.conf": "ssl_key_file = '/etc/x.pem'",
    ]

    @Test(arguments: [
        Case("/etc/exim4/exim4.conf", "tls_certificate = /etc/x.pem"),
        Case("/etc/exim4/exim4.conf", "hide tls_privatekey = \"/etc/x.pem\""),
        Case("/etc/exim4/exim4.conf", "CERT = /etc/x.pem\ntls_certificate = CERT"),
        Case("/etc/exim4/exim4.conf", "DIR = /etc\nCERT = DIR/x.pem\ntls_certificate = \\\n  CERT"),
        Case("/etc/exim4/exim4.conf", "tls_certificate = /etc/$tls_in_sni.pem"),
        Case(
            "/etc/exim4/exim4.conf",
            "tls_certificate = ${if exists{/etc/${tls_sni}.pem}{/etc/${tls_sni}.pem}{/etc/y.pem}}"),
        Case(
            "/etc/exim4/exim4.conf",
            "tls_certificate = ${lookup{$tls_in_sni}lsearch{/etc/exim4/certs}{$value}{/etc/y.pem}}"),
        Case("/etc/exim4/exim4.conf", ".include /etc/exim4/part"),
        Case("/etc/exim4/exim4.conf", ".ifdef A\ntls_certificate = /etc/x.pem\n.endif"),
        Case("/etc/caddy/Caddyfile", "a.example {\n tls /etc/y.pem /etc/x.pem\n}"),
        Case("/etc/caddy/Caddyfile", "a.example {\n tls \"/etc/y.pem\" `/etc/x.pem` {\n protocols tls1.3\n }\n}"),
        Case("/etc/caddy/Caddyfile", "tls {$CERTS}/x.pem {$CERTS:/z}/y.pem"),
        Case("/etc/caddy/Caddyfile", "tls {$NOPE:/etc}/x.pem /etc/y.pem"),
        Case("/etc/caddy/Caddyfile", "import sites/*"),
        Case(
            "/etc/caddy/Caddyfile",
            "(t) {\n tls /etc/{args[0]}.pem /etc/{args[1]}.pem\n}\na.example {\n import t x y\n}"),
        Case("/etc/caddy/Caddyfile", "tls {\n client_auth {\n  trusted_ca_cert_file /etc/x.pem\n }\n}"),
        Case("/etc/caddy/Caddyfile", "tls /etc/{env.A}.pem /etc/y.pem"),
        Case("/etc/caddy/Caddyfile", "tls {\n load /etc/folder\n}"),
        Case("/etc/caddy/config.json", "{\"load_files\":[{\"certificate\":\"/etc/x.pem\",\"key\":\"/etc/y.pem\"}]}"),
        Case("/etc/stalwart/config.toml", "[certificate.default]\ncert = \"%{file:/etc/x.pem}%\""),
        Case("/opt/stalwart-mail/etc/config.toml", "certificate.a.private-key = '%{file:/etc/x.pem}%'"),
        Case("/etc/ldap/slapd.d/cn=config.ldif", "dn: cn=config\nolcTLSCertificateFile: /etc/x.\n pem"),
        Case("/etc/ldap/slapd.d/cn=config.ldif", "olcTLSCertificateKeyFile:: L2V0Yy94LnBlbQ=="),
        Case("/etc/ldap/slapd.conf", "TLSCertificateFile\t/etc/x.pem"),
        Case("/etc/postgresql/15/main/postgresql.conf", "ssl_cert_file = '/etc/x.pem'\t# why"),
        Case("/etc/postgresql/15/main/postgresql.conf", "data_directory = '/etc/folder'\nssl_cert_file='x.pem'"),
        Case("/etc/postgresql/15/main/postgresql.conf", "include_dir = 'conf.d'"),
        Case("/etc/mysql/my.cnf", "!includedir /etc/mysql/conf.d/"),
        Case("/etc/mysql/my.cnf", "[mysqld]\nssl_key = /etc/x.pem"),
        Case("/etc/vsftpd.conf", "rsa_cert_file=/etc/x.pem"),
        Case("/etc/proftpd/proftpd.conf", "Include /etc/proftpd/tls.conf"),
        Case(
            "/etc/prosody/prosody.cfg.lua",
            "VirtualHost \"a\"\n ssl = { key = \"/etc/y.pem\"; certificate = \"/etc/x.pem\"; }"),
        Case("/etc/prosody/prosody.cfg.lua", "certificates = \"/etc/folder\""),
        Case("/etc/prosody/certs/a.pem", "-> ../../x.pem"),
        Case("/etc/ejabberd/ejabberd.yml", "certfiles:\n  - \"/etc/x.pem\"\n  - /etc/y.pem"),
        Case("/etc/ejabberd/ejabberd.yml", "certfiles:\n  - \"/etc/*.pem\""),
        Case("/etc/mosquitto/mosquitto.conf", "include_dir /etc/mosquitto/conf.d"),
        Case("/etc/cockpit/ws-certs.d/10.cert", "-> ../../x.pem"),
        Case("/etc/webmin/miniserv.conf", "keyfile=/etc/x.pem"),
        Case("/etc/grafana/grafana.ini", "cert_file = /etc/x.pem"),
    ])
    func theFileIsFound(_ test: Case) {
        let scratch = ScratchRoot(Self.helpers.filter { $0.key != test.file })
        scratch.write(test.file, test.text)
        let outcome = scratch.read()
        #expect(outcome.paths.contains("/etc/x.pem"), "\(outcome)")
        #expect(outcome.findings.isEmpty && outcome.unread.isEmpty, "\(outcome)")
    }

    @Test(arguments: [
        Case("/etc/exim4/exim4.conf", "# tls_certificate = /etc/x.pem"),
        Case("/etc/caddy/Caddyfile", "# tls /etc/x.pem /etc/x.pem"),
        Case("/etc/caddy/Caddyfile", "tls internal\ntls me@a.example"),
        Case("/etc/stalwart/config.toml", "#cert = \"%{file:/etc/x.pem}%\""),
        Case("/etc/postgresql/15/main/postgresql.conf", "#ssl_cert_file = '/etc/x.pem'"),
        Case("/etc/grafana/grafana.ini", ";cert_file = /etc/x.pem"),
        Case("/etc/prosody/prosody.cfg.lua", "-- certificate = \"/etc/x.pem\""), Case("/etc/vsftpd.conf", "listen=YES"),
    ])
    func whatIsNoUseIsNoSign(_ test: Case) {
        let scratch = ScratchRoot(["/etc/x.pem": "", test.file: test.text])
        let outcome = scratch.read()
        #expect(outcome.signs.isEmpty && outcome.findings.isEmpty && outcome.unread.isEmpty, "\(outcome)")
        #expect(outcome.looked.count == 1)
    }

    @Test func aSnippetThatImportsItselfEnds() {
        let scratch = ScratchRoot([
            "/etc/caddy/Caddyfile": "(a) {\n import a\n import a\n import Caddyfile\n}\nimport a\n"
        ])
        #expect(scratch.read().looked.count == 1)
    }
}
