import Testing

@testable import StewardCertificates

@Suite struct NginxEvidenceTests {
    private func signs(_ configuration: String, _ more: [String: String] = [:]) -> ScratchRoot.Outcome {
        let scratch = ScratchRoot(more)
        scratch.addLineage("a.example")
        scratch.addLineage("b.example", version: 7)
        scratch.write("/etc/nginx/nginx.conf", configuration)
        return scratch.read()
    }

    @Test func aDirectiveNamesTheFileAsWrittenAndWhereItsSymlinksLead() {
        let outcome = signs(
            "http {\n server {\n  ssl_certificate /etc/letsencrypt/live/b.example/fullchain.pem; # x\n }\n}\n")
        #expect(
            outcome.signs == [
                "nginx /etc/nginx/nginx.conf:3 -> /etc/letsencrypt/live/b.example/fullchain.pem (ssl_certificate)",
                "nginx /etc/nginx/nginx.conf:3 -> /etc/letsencrypt/archive/b.example/fullchain7.pem (ssl_certificate)",
            ])
        #expect(outcome.looked == ["nginx configuration /etc/nginx/nginx.conf (1 file)"])
        #expect(outcome.findings.isEmpty && outcome.unread.isEmpty)
    }

    @Test(arguments: [
        "ssl_certificate \"/etc/x.pem\";", "ssl_certificate '/etc/x.pem' ;", "ssl_certificate\n  /etc/x.pem\n;",
        "http{server{ssl_certificate /etc/x.pem;}}", "ssl_certificate ../x.pem;", "ssl_certificate_key /etc/x.pem;",
        "stream { server { ssl_certificate /etc/x.pem; } }", "mail { ssl_certificate_key /etc/x.pem; }",
        "ssl_trusted_certificate /etc/x.pem;", "ssl_client_certificate /etc/x.pem;",
        "proxy_ssl_certificate /etc/x.pem;",
        "grpc_ssl_certificate_key /etc/x.pem;", "uwsgi_ssl_certificate /etc/x.pem;",
        "map $a $b { default /etc/x.pem; }\nssl_certificate $b;", "set $p /etc; ssl_certificate ${p}/x.pem;",
        "geo $ip $c { default x; }\nssl_certificate /etc/$c.pem;",
        "ssl_certificate /etc/a\"b.pem;\nssl_certificate /etc/x.pem;",
        "content_by_lua_block { local s = \"}\" -- }\n if x then y = {} end } ssl_certificate /etc/x.pem;",
        "log_format a '{\"b\":\"$c\"}'; ssl_certificate /etc/x.pem;", "include sites/*; ",
        "include /etc/nginx/sites/one;",
        "if ($a ~ \"x{2}\") { return 1; } ssl_certificate /etc/x.pem;", "ssl_certificate /etc/x.pem",
        "map $h $f { include maps/m; }\nssl_certificate $f;",
    ])
    func theFileIsFound(_ configuration: String) {
        let outcome = signs(
            configuration,
            [
                "/etc/x.pem": "", "/etc/nginx/sites/one": "ssl_certificate /etc/x.pem;",
                "/etc/nginx/maps/m": "a.example /etc/x.pem;\n",
            ])
        #expect(outcome.paths.contains("/etc/x.pem"), "\(outcome)")
    }

    @Test(arguments: [
        "# ssl_certificate /etc/x.pem;", "ssl_certificate data:$x;", "ssl_certificate \"\";",
        "ssl_certificate_key engine:a:b;",
        "ssl_certificate_cache max=1000;", "access_log /etc/x.pem;", "",
    ])
    func whatIsNoUseIsNoSign(_ configuration: String) {
        let outcome = signs(configuration, ["/etc/x.pem": ""])
        #expect(outcome.signs.isEmpty && outcome.unread.isEmpty, "\(outcome)")
    }

    @Test func aVariableOfTheRequestNamesEveryFileThatItCan() {
        let outcome = signs("ssl_certificate /etc/letsencrypt/live/$ssl_server_name/fullchain.pem;")
        #expect(outcome.paths.contains("/etc/letsencrypt/archive/a.example/fullchain1.pem"))
        #expect(outcome.paths.contains("/etc/letsencrypt/live/b.example/fullchain.pem"))
        #expect(outcome.signs.allSatisfy { $0.contains("which can name /etc/letsencrypt/live/*/fullchain.pem") })
        #expect(!outcome.paths.contains { $0.contains("privkey") })
    }

    @Test func aFileThatOnlyTheRequestFixesIsUnread() {
        let outcome = signs("map $a $b { ~^(?<x>.*)$ $x; }\nssl_certificate $b;")
        #expect(outcome.unread.count == 1 && outcome.unread[0].hasPrefix("/etc/nginx/nginx.conf:2: ssl_certificate *"))
    }

    @Test func aMissingFileIsAFindingWithItsLine() {
        let outcome = signs("\nssl_certificate /etc/gone.pem;\ninclude nowhere.conf;\ninclude nowhere/*.conf;")
        #expect(outcome.findings.count == 2, "\(outcome.findings)")
        #expect(
            outcome.findings.contains {
                $0.hasPrefix("missing-file: /etc/nginx/nginx.conf:2: ssl_certificate names /etc/gone.pem")
            })
        #expect(outcome.paths.contains("/etc/gone.pem"))
    }

    @Test func includesInACircleEnd() {
        let outcome = signs(
            "include a.conf;",
            ["/etc/nginx/a.conf": "include b.conf; ssl_certificate /etc/x;", "/etc/nginx/b.conf": "include a.conf;"])
        #expect(outcome.lines("/etc/nginx/a.conf") == ["/etc/nginx/a.conf:1 -> /etc/x"])
    }

    @Test func aPathIntoALineageCountsInAnyDirective() {
        let scratch = ScratchRoot([
            "/etc/nginx/nginx.conf":
                "x;\nlua_ssl_x /etc/letsencrypt/live/a.example/privkey.pem;\n#/etc/letsencrypt/live/b.example/privkey.pem\nalias /etc/letsencrypt/;"
        ])
        scratch.addLineage("a.example")
        let outcome = scratch.read(inventory: inventory(scratch, ["a.example"]))
        #expect(
            outcome.lines("/etc/nginx/nginx.conf") == [
                "/etc/nginx/nginx.conf:2 -> /etc/letsencrypt/live/a.example/privkey.pem",
                "/etc/nginx/nginx.conf:2 -> /etc/letsencrypt/archive/a.example/privkey1.pem",
            ])
    }
}
