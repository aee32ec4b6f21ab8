import Testing

@testable import StewardCertificates

@Suite struct PostfixEvidenceTests {
    private func read(_ main: String, master: String = "", _ more: [String: String] = [:]) -> ScratchRoot.Outcome {
        let scratch = ScratchRoot(more)
        scratch.write("/etc/postfix/main.cf", main)
        scratch.write("/etc/postfix/master.cf", master)
        return scratch.read()
    }

    @Test(arguments: [
        "smtpd_tls_cert_file = /etc/x.pem", "smtpd_tls_key_file=/etc/x.pem",
        "smtpd_tls_chain_files =\n # a comment\n  /etc/y.pem,\n\n  /etc/x.pem",
        "d = /etc\nsmtpd_tls_cert_file = $d/x.pem", "d = /etc\nsmtpd_tls_cert_file = ${d}/x.pem",
        "d = /etc\nsmtpd_tls_cert_file = $(d)/x.pem",
        "smtpd_tls_cert_file = ${none?/etc/y.pem}${none:/etc/x.pem}", "d = 1\nsmtp_tls_cert_file = ${d?/etc/x.pem}",
        "d = 1\nsmtp_tls_cert_file = ${d?{/etc/x.pem}:{/etc/y.pem}}",
        "smtp_tls_cert_file = ${d?{/etc/y.pem}:{/etc/x.pem}}",
        "smtp_tls_cert_file = ${{1} == {1} ? {/etc/x.pem} : {/etc/y.pem}}",
        "smtp_tls_eckey_file = $config_directory/../x.pem",
        "lmtp_tls_cert_file = /etc/x.pem", "smtpd_tls_cert_file = /etc/y.pem\nsmtpd_tls_cert_file = /etc/x.pem",
        "tls_server_sni_maps = hash:/etc/postfix/sni", "tls_server_sni_maps = texthash:$config_directory/sni",
        "tls_server_sni_maps = inline:{ a.example=/etc/x.pem, { b.example = /etc/y.pem /etc/y.pem } }",
        "tls_server_sni_maps = inline:{ { b.example = /etc/y.pem, /etc/x.pem } }",
        "tls_server_sni_maps = static:/etc/x.pem",
        "tls_server_sni_maps = lmdb:/etc/postfix/none, proxy:cdb:/etc/postfix/sni",
        "tls_server_sni_maps = unionmap:{hash:/etc/postfix/sni}", "multi_instance_directories = /etc/postfix-out",
    ])
    func theFileIsFound(_ main: String) {
        let outcome = read(
            main,
            [
                "/etc/x.pem": "", "/etc/y.pem": "",
                "/etc/postfix/sni": "# sni\nmail.example  /etc/y.pem,\n  /etc/x.pem\n",
                "/etc/postfix-out/main.cf": "smtp_tls_cert_file = /etc/x.pem",
            ])
        #expect(outcome.paths.contains("/etc/x.pem"), "\(outcome)")
        if main.contains("?") || main.contains(":/etc/x") {
            #expect(!outcome.paths.contains("/etc/y.pem"), "\(outcome)")
        }
    }

    @Test(arguments: [
        "#smtpd_tls_cert_file = /etc/x.pem", "smtpd_tls_cert_file =", "smtpd_tls_cert_file = none", "x = /etc/x.pem",
        "",
    ])
    func whatIsNoUseIsNoSign(_ main: String) {
        let outcome = read(main, ["/etc/x.pem": ""])
        #expect(outcome.signs.isEmpty && outcome.findings.isEmpty && outcome.unread.isEmpty, "\(outcome)")
    }

    @Test func linesAreThoseOfTheNameTheOverrideAndTheEntry() {
        let outcome = read(
            "# a\nsmtpd_tls_cert_file = /etc/a.pem\ncert = /etc/b.pem\ntls_server_sni_maps = hash:/etc/postfix/sni\nsmtp_tls_cert_file = $cert\n",
            master: """
                # service type
                smtp inet n - y - - smtpd
                submission inet n - y - - smtpd
                  -o syslog_name=postfix/submission
                # comment
                  -o smtpd_tls_cert_file=/etc/c.pem
                  -o { smtpd_tls_key_file = /etc/d.pem }
                relay unix - - y - - smtp
                  -o cert=/etc/e.pem
                """,
            ["/etc/postfix/sni": "one.example /etc/f.pem\n\ntwo.example /etc/g.pem"])
        let lines = outcome.signs.map { $0.replacing("postfix /etc/postfix/", with: "") }
        #expect(
            lines == [
                "main.cf:2 -> /etc/a.pem (smtpd_tls_cert_file)", "main.cf:5 -> /etc/b.pem (smtp_tls_cert_file)",
                "sni:1 -> /etc/f.pem (SNI one.example)", "sni:3 -> /etc/g.pem (SNI two.example)",
                "master.cf:6 -> /etc/c.pem (submission inet: smtpd_tls_cert_file)",
                "master.cf:7 -> /etc/d.pem (submission inet: smtpd_tls_key_file)",
                "master.cf:8 -> /etc/e.pem (relay unix: smtp_tls_cert_file)",
                "master.cf:8 -> /etc/e.pem (relay unix: smtp_tls_key_file)",
            ])
        #expect(outcome.findings.count == 8)
    }

    @Test func tablesThatCannotBeReadAreUnread() {
        let outcome = read(
            "tls_server_sni_maps = mysql:/etc/postfix/sni.cf hash:/etc/postfix/gone hash:/etc/postfix/compiled\n",
            ["/etc/postfix/compiled.db": "garbage"])
        #expect(outcome.unread.count == 2, "\(outcome.unread)")
        #expect(outcome.unread[0].hasPrefix("/etc/postfix/main.cf:1: tls_server_sni_maps mysql:"))
        #expect(outcome.unread[1].hasPrefix("/etc/postfix/compiled.db: its source"))
        #expect(outcome.findings.count == 1 && outcome.findings[0].contains("/etc/postfix/gone"))
    }

    @Test func referencesInACircleEnd() {
        let outcome = read("a = $b$b\nb = $a$a\nsmtpd_tls_cert_file = /etc/$a\nsmtp_tls_cert_file = ${{{{")
        #expect(outcome.looked.count == 1)
    }
}
