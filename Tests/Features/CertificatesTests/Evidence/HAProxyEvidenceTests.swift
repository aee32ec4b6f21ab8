import Testing

@testable import StewardCertificates

@Suite struct HAProxyEvidenceTests {
    private func read(_ configuration: String, _ more: [String: String] = [:]) -> ScratchRoot.Outcome {
        let scratch = ScratchRoot(more)
        scratch.write("/etc/haproxy/haproxy.cfg", configuration)
        return scratch.read()
    }

    @Test(arguments: [
        "frontend f\n bind :443 ssl crt /etc/x.pem", "bind :443 ssl crt \"/etc/x.pem\" alpn h2",
        "bind :443 crt '/etc/x.pem'",
        "bind :443 ssl crt /etc/y.pem crt /etc/x.pem", "bind :443 ssl crt /etc/certs", "bind :443 ssl crt /etc/certs/",
        "bind :443 ssl crt-list /etc/haproxy/list", "global\n crt-base /etc\nfrontend f\n bind :1 ssl crt x.pem",
        "backend b\n server s 127.0.0.1:1 ssl crt /etc/x.pem", "default-server ssl ca-file /etc/x.pem",
        "global\n ca-base /etc\nbackend b\n server s a:1 ca-file x.pem",
        "setenv D /etc\nbind :1 ssl crt \"${D}/x.pem\"",
        "bind :1 ssl crt \"$CERTS/x.pem\"", "bind :1 ssl crt \"${NOPE-/etc}/x.pem\"",
        "bind :1 ssl crt \"/etc/${NOPE}.pem\"",
        "crt-store\n crt-base /etc\n load crt x.pem alias a",
        "crt-store web\n key-base /etc\n load crt /etc/y.pem key x.pem",
        "bind :1 ssl crt /etc/x\\.pem", ".if defined(A)\nbind :1 ssl crt /etc/x.pem\n.endif", "bind :1 ssl crt /etc/z",
        "bind :1 ssl crt ../x.pem",
    ])
    func theFileIsFound(_ configuration: String) {
        let outcome = read(
            configuration,
            [
                "/etc/x.pem": "", "/etc/y.pem": "", "/etc/certs/a.pem": "-> ../x.pem", "/etc/z.rsa": "-> x.pem",
                "/etc/haproxy/list":
                    "# comment\n/etc/y.pem [alpn h2 ca-file /etc/y.pem] *.example !a.example\n/etc/x.pem",
                "/etc/default/haproxy": "CERTS=/etc\n",
            ])
        #expect(outcome.paths.contains("/etc/x.pem"), "\(outcome)")
        #expect(outcome.findings.isEmpty, "\(outcome)")
    }

    @Test(arguments: [
        "# bind :443 ssl crt /etc/x.pem", "bind :1 ssl crt @web/a", "server s a:1 ca-file @system-ca",
        "bind :443 #crt /etc/x.pem", "",
    ])
    func whatIsNoUseIsNoSign(_ configuration: String) {
        let outcome = read(configuration, ["/etc/x.pem": ""])
        #expect(outcome.signs.isEmpty && outcome.findings.isEmpty && outcome.unread.isEmpty, "\(outcome)")
    }

    @Test func entriesOfAListHaveTheirOwnPlace() {
        let outcome = read(
            "global\n crt-base /etc\nfrontend f\n bind :1 ssl crt-list /etc/list\n bind :2 ssl crt gone.pem\n",
            ["/etc/list": "\nx.pem a.example\n", "/etc/x.pem": "", "/etc/x.pem.key": ""])
        #expect(
            outcome.signs == [
                "haproxy /etc/list:2 -> /etc/x.pem (crt-list)", "haproxy /etc/list:2 -> /etc/x.pem.key (crt-list)",
                "haproxy /etc/haproxy/haproxy.cfg:5 -> /etc/gone.pem (crt)",
            ])
        #expect(
            outcome.findings.count == 1
                && outcome.looked == ["haproxy configuration /etc/haproxy/haproxy.cfg (2 files)"])
    }

    @Test func aFolderIsUsedWithWhatItsSymlinksLeadTo() {
        let scratch = ScratchRoot([
            "/etc/haproxy/haproxy.cfg": "bind :1 ssl crt /etc/haproxy/certs/", "/etc/haproxy/certs/b.pem": "",
        ])
        scratch.addLineage("a.example")
        scratch.write("/etc/haproxy/certs/a.pem", "-> /etc/letsencrypt/live/a.example/fullchain.pem")
        #expect(
            scratch.read().paths == [
                "/etc/haproxy/certs", "/etc/letsencrypt/live/a.example/fullchain.pem",
                "/etc/letsencrypt/archive/a.example/fullchain1.pem",
            ])
    }
}
