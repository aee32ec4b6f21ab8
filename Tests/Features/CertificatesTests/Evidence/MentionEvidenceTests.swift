import Foundation
import Testing

@testable import StewardCertificates

@Suite struct MentionEvidenceTests {
    private func read(
        _ files: [String: String], hooks: [String: [String: String]] = [:], extra: [String] = []
    ) -> ScratchRoot.Outcome {
        let scratch = ScratchRoot(files)
        scratch.addLineage("a.example")
        scratch.addLineage("b.example")
        return scratch.read(
            EvidenceSettings(extra: extra), inventory: inventory(scratch, ["a.example", "b.example"], hooks: hooks))
    }

    private let live = "/etc/letsencrypt/live/a.example/privkey.pem"

    @Test func aHookThatNamesALineageOrItsPathIsASign() {
        let outcome = read([
            "/etc/letsencrypt/renewal-hooks/deploy/one.sh":
                "#!/bin/sh\n# b.example\ncase $RENEWED_DOMAINS in\n a.example) systemctl reload postfix ;;\nesac\n",
            "/etc/letsencrypt/renewal-hooks/post/two.sh": "cat \(live) > /x\n",
            "/etc/letsencrypt/renewal-hooks/deploy/old.sh~": "b.example\n",
        ])
        #expect(
            outcome.signs == [
                "hook /etc/letsencrypt/renewal-hooks/deploy/one.sh:4 -> lineage a.example (names a.example, reloads postfix)",
                "hook /etc/letsencrypt/renewal-hooks/post/two.sh:1 -> \(live) (names its path)",
                "hook /etc/letsencrypt/renewal-hooks/post/two.sh:1 -> /etc/letsencrypt/archive/a.example/privkey1.pem (names its path)",
                "hook /etc/letsencrypt/renewal-hooks/post/two.sh:1 -> lineage a.example (names a.example)",
            ])
        #expect(
            outcome.findings.count == 1
                && outcome.findings[0].hasPrefix("hook-takes-all: /etc/letsencrypt/renewal-hooks/deploy/one.sh:3"))
    }

    @Test func aScriptThatAHookRunsIsReadToo() {
        let outcome = read([
            "/etc/letsencrypt/renewal-hooks/deploy/one.sh": "#!/bin/sh\n/usr/local/sbin/deploy\n",
            "/usr/local/sbin/deploy": "#!/bin/sh\ncp \(live) /x\n/usr/local/sbin/deploy\n",
        ])
        #expect(outcome.signs.first?.hasPrefix("hook /usr/local/sbin/deploy:2 -> \(live)") == true, "\(outcome)")
    }

    @Test func aFileThatAHookMerelyNamesIsNotItsText() {
        let outcome = read([
            "/etc/letsencrypt/renewal-hooks/deploy/one.sh": "#!/bin/sh\ntouch /etc/app/list\n",
            "/etc/app/list": "a.example\nb.example\n",
        ])
        #expect(outcome.signs.isEmpty)
    }

    @Test func aConfsOwnHookCountsWhereItTakesTheFiles() {
        let files = [
            "/etc/letsencrypt/renewal/a.example.conf":
                "[renewalparams]\nkey = x\nrenew_hook = cp $RENEWED_LINEAGE/privkey.pem /x\n",
            "/etc/letsencrypt/renewal/b.example.conf": "[renewalparams]\nrenew_hook = systemctl reload nginx\n",
        ]
        let outcome = read(
            files,
            hooks: [
                "a.example": ["renew_hook": "cp $RENEWED_LINEAGE/privkey.pem /x"],
                "b.example": ["renew_hook": "systemctl reload nginx"],
            ])
        #expect(
            outcome.signs == [
                "hook /etc/letsencrypt/renewal/a.example.conf:3 -> lineage a.example (renew_hook takes its files ($RENEWED_LINEAGE))"
            ])
        #expect(outcome.looked == ["deploy hooks (2)"])
    }

    @Test func anExtraFileCountsWithEveryPathAndName() {
        let outcome = read(
            [
                "/srv/web/compose.yml":
                    "volumes:\n - \(live):/key\n# b.example\n - xa.example.y\n - /etc/letsencrypt:/le"
            ],
            extra: ["/srv/*/compose.{yml,yaml}", "/nothing/*"])
        #expect(
            Set(outcome.signs.filter { $0.contains("(names") }) == [
                "extra /srv/web/compose.yml:2 -> \(live) (names its path)",
                "extra /srv/web/compose.yml:2 -> /etc/letsencrypt/archive/a.example/privkey1.pem (names its path)",
                "extra /srv/web/compose.yml:2 -> lineage a.example (names a.example)",
                "extra /srv/web/compose.yml:3 -> lineage b.example (names b.example)",
                "extra /srv/web/compose.yml:5 -> /etc/letsencrypt (names its path)",
            ])
        #expect(outcome.findings.count == 1 && outcome.findings[0].contains("/nothing/*"))
    }

    @Test(arguments: [
        ("/etc/systemd/system/x.service", "[Service]\nLoadCredential=key:LIVE\n", "systemd"),
        ("/usr/lib/systemd/system/x.service.d/a.conf", "ExecStart=/bin/x --key=LIVE\n", "systemd"),
        ("/etc/cron.d/x", "1 1 * * * root cp LIVE /y\n", "cron"),
        ("/var/spool/cron/crontabs/root", "1 1 * * * cp LIVE /y\n", "cron"),
        ("/etc/cron.daily/x", "#!/bin/sh\ncp 'LIVE' /y\n", "cron"), ("/etc/stunnel/a.conf", "key = LIVE\n", "other"),
        ("/etc/app/deep/er/settings.json", "{\"key\":\"LIVE\"}", "other"), ("/etc/app/key.pem", "-> LIVE", "other"),
        ("/etc/app/certs", "-> /etc/letsencrypt/live/a.example", "other"),
    ])
    func aMentionIsASign(_ file: String, _ text: String, _ kind: String) {
        let outcome = read([file: text.replacing("LIVE", with: live)])
        #expect(outcome.signs.contains { $0.hasPrefix(kind + " " + file) }, "\(outcome)")
        #expect(outcome.signs.contains { $0.contains("/archive/a.example") }, "\(outcome)")
        #expect(outcome.unread.isEmpty && outcome.findings.isEmpty, "\(outcome)")
    }

    @Test(arguments: [
        ("/etc/nginx/sites-available/old.conf", "ssl_certificate LIVE;"), ("/etc/app/x.conf~", "LIVE"),
        ("/etc/app/x.conf", "# LIVE"),
        ("/etc/app/x.conf.dpkg-old", "LIVE"), ("/srv/x.conf", "LIVE"),
        ("/etc/app/x.conf", "/etc/letsencrypt/live\n/etc/letsencrypt"),
        ("/etc/app/x.conf", "/other/etc/letsencrypt/live/a.example/x"),
        ("/etc/app/x.conf", "/etc/letsencrypt2/live/a.example/x"),
    ])
    func whatNothingReadsIsNoSign(_ file: String, _ text: String) {
        #expect(read([file: text.replacing("LIVE", with: live)]).signs.isEmpty)
    }

    @Test func whatCannotBeReadIsNamed() {
        let scratch = ScratchRoot([
            "/etc/nginx/nginx.conf/": "", "/etc/postfix/main.cf": String(repeating: "#", count: 5 << 20),
        ])
        let outcome = scratch.read()
        #expect(
            outcome.unread.sorted() == [
                "/etc/nginx/nginx.conf: it is a folder", "/etc/postfix/main.cf: it is larger than 4 MiB",
            ])
    }

    @Test func commandLinesNameMainFiles() {
        func files(_ words: String) -> [String] {
            RunningServers.configurations(commandLine: Array(words.replacing(" ", with: "\0").utf8)).map {
                "\($0.kind) \($0.path)"
            }
        }
        #expect(files("nginx: master process /usr/sbin/nginx -c /srv/n.conf") == ["nginx /srv/n.conf"])
        #expect(files("/usr/sbin/haproxy -Ws -f /a.cfg -f /b -p x") == ["haproxy /a.cfg", "haproxy /b"])
        #expect(files("/usr/bin/caddy run --config=/c") == ["caddy /c"])
        #expect(files("vim -c /srv/n.conf").isEmpty && files("").isEmpty)
    }
}
