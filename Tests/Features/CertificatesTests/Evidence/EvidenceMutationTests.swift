import Testing

@testable import StewardCertificates

/// Damaged configurations: whatever the bytes, reading ends soon and traps nowhere.
@Suite struct EvidenceMutationTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            // SplitMix64.
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let seeds: [String: String] = [
        "/etc/nginx/nginx.conf":
            "http { map $a $b { default /x.pem; include m; } set $c ${b}/y; server { ssl_certificate \"/etc/$c.pem\"; }\n content_by_lua_block { x = \"}\" } include n/*; include nginx.conf; }\n",
        "/etc/apache2/apache2.conf":
            "Define A /etc\nDefine B ${A}/${B}\n<Macro M $a $b>\nSSLCertificateFile $a/${B}/$b\nUse M $b $a\n</Macro>\nUse M x \"y z\"\nInclude ${A}/apache2/*.conf\n<IfDefine X>\nSSLCertificateKeyFile \\\n'/x\\'y'\n</IfDefine>\n",
        "/etc/postfix/main.cf":
            "a = ${b?{$c}:{$d}}\nb = $(a)\nsmtpd_tls_cert_file = /etc/${a:x}\n  $b\ntls_server_sni_maps = inline:{ { k = v, w }, x=y } hash:$config_directory/sni unionmap:{static:x}\nsmtp_tls_cert_file=${{$a} == {1} ? {x} : {y}}\n",
        "/etc/postfix/master.cf":
            "smtp inet n - y - - smtpd\n  -o smtpd_tls_cert_file=/x -o { a = b c }\n  -o smtp_tls_key_file=$a\n",
        "/etc/postfix/sni": "a.example /x,\n /y\n",
        "/etc/dovecot/dovecot.conf":
            "a = $b\nb = $a$a\nssl_cert = <$a/%{x}/$ENV:y\nlocal_name x { ssl_key = \"</y\" }\n!include {a,{b,c}}/*.conf\n!include_try dovecot.conf\nssl_server {\n cert_file = \\\n /z # c\n}\n",
        "/etc/haproxy/haproxy.cfg":
            "global\n crt-base /etc\n setenv A \"$B${C-d}\"\nbind :1 ssl crt \"${A}/x\" crt-list /etc/list\ncrt-store x\n load crt 'y' key z\n.if x\n.endif\n",
        "/etc/list": "/x [a b] c\n[\n/y ]\n",
        "/etc/exim4/exim4.conf":
            "AA = BB\nBB = AAAA\ntls_certificate = ${if exists{/x/${tls_sni}}{AA}{${lookup{$a}lsearch{/etc/list}}}}\n.include /etc/exim4/exim4.conf\n.ifdef X\ntls_privatekey = \\\n/y\n.endif\n",
        "/etc/caddy/Caddyfile":
            "(s) {\n import s {args[0]} x\n tls {$A:/b}/{args[0]} {env.X}\n}\na {\n import s \"q\" `w`\n import s*\n}\n",
        "/etc/stalwart/config.toml": "[a.b]\ncert = \"%{file:/x/%{env:Y}%}%\"\n",
        "/etc/ldap/slapd.d/cn=config.ldif": "olcTLSCertificateFile:: L3g=\nolcTLSCertificateKeyFile: /a\n b\n",
        "/etc/prosody/prosody.cfg.lua": "ssl = { key = \"/x\"; certificate = '/y' } -- c\n",
        "/etc/letsencrypt/renewal-hooks/deploy/h":
            "#!/bin/sh\ncp /etc/letsencrypt/live/a.example/privkey.pem $RENEWED_LINEAGE\nsystemctl reload x\n",
    ]

    private func mutated(_ text: String, _ generator: inout Generator) -> [UInt8] {
        var bytes = Array(text.utf8)
        let tricks = Array("{}()<>[]\"'\\$%#;=,:/*?!\n\r\t \0@`.-".utf8) + [0xFF, 0xC3, 0xF4]
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.insert(tricks.randomElement(using: &generator)!, at: at)
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 3:
                let end = Int.random(in: at...bytes.count, using: &generator)
                bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            default: bytes.removeSubrange(at..<Int.random(in: at...bytes.count, using: &generator))
            }
        }
        return bytes
    }

    @Test(.timeLimit(.minutes(3)), arguments: 1...24 as ClosedRange<UInt64>)
    func anyDamageIsReadToItsEnd(_ seed: UInt64) {
        var generator = Generator(state: seed)
        let scratch = ScratchRoot(Self.seeds)
        scratch.addLineage("a.example")
        let held = inventory(scratch, ["a.example"])
        for _ in 0..<8 {
            for (file, text) in Self.seeds.sorted(by: { $0.key < $1.key }) {
                scratch.write(file, bytes: mutated(text, &generator))
            }
            let report = scratch.read(inventory: held).report
            #expect(
                report.evidence.allSatisfy { sign in
                    if case .path(let path) = sign.target { path.hasPrefix(scratch.path) } else { true }
                })
        }
    }

    @Test(.timeLimit(.minutes(1))) func deepNestingAndLongLinesEnd() {
        let deep = String(repeating: "{", count: 4_000) + String(repeating: "a ", count: 4_000)
        let references = "a = " + String(repeating: "${a?", count: 1_000) + "\nsmtpd_tls_cert_file = $a\n"
        let scratch = ScratchRoot()
        for file in Self.seeds.keys { scratch.write(file, deep + "\n" + references + deep.replacing("{", with: "$")) }
        _ = scratch.read()
    }
}
