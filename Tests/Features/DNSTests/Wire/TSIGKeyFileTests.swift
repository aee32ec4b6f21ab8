import Testing

@testable import StewardDNS

@Suite struct TSIGKeyFileTests {
    private func error(_ text: String) -> String? {
        do throws(TSIGKeyFile.Failure) {
            _ = try TSIGKeyFile.key(text, file: "k")
            return nil
        } catch { return "\(error)" }
    }

    @Test func whatTSIGKeygenWritesIsRead() throws {
        for algorithm in TSIGKey.Algorithm.allCases {
            let text = try Named.run("/usr/sbin/tsig-keygen", ["-a", algorithm.rawValue, "steward.example"])
            let key = try TSIGKeyFile.key(text, file: "k")
            #expect(key.name == DomainName("steward.example") && key.algorithm == algorithm)
            #expect(key.secret.count == algorithm.length)
        }
    }

    @Test func commentsAndLayoutAreAsInNamedConf() throws {
        let text = """
            // one
            # two "
            /* three
               key "x" { */ key steward{algorithm HMAC-SHA256;secret"c2VjcmV0";}; # end
            """
        let key = try TSIGKeyFile.key(text, file: "k")
        #expect(key == TSIGKey(name: DomainName("steward")!, secret: Array("secret".utf8)))
    }

    @Test func ofSeveralKeysOneMustBeNamed() throws {
        let one = "key a { algorithm hmac-sha256; secret \"c2VjcmV0\"; };\n"
        let both = one + one.replacing("key a", with: "key b")
        #expect(error(both) == "k: it has 2 keys (a, b); put the one to use in a file of its own")
        #expect(try TSIGKeyFile.key(both, file: "k", named: DomainName("b.")).name == DomainName("b"))
        #expect(error(one + one) == "k: it has key a. twice")
        #expect(throws: TSIGKeyFile.Failure.self) { try TSIGKeyFile.key(both, file: "k", named: DomainName("c")) }
    }

    @Test(arguments: [
        ("", "k: it has no key"),
        ("key a {\nalgorithm hmac-sha256;\nsecret \"c2V?\";\n};", "k:3: the secret is no base64"),
        ("key a { algorithm hmac-md5; secret \"c2VjcmV0\"; };", "k:1: algorithm 'hmac-md5' isn't one of hmac-sha256"),
        ("key a {\n secret \"c2VjcmV0\"; };", "k:1: key a has no algorithm"),
        ("key a { algorithm hmac-sha256; };", "k:1: key a has no secret"),
        ("key a { algorithm hmac-sha256; secret \"\"; };", "k:1: the secret is no base64"),
        ("key a { algorithm hmac-sha256; secret c2VjcmV0; }", "k:1: it ends where ';' should be"),
        ("options { };", "k:1: 'options' stands where 'key' should"), ("\n/* x", "k:2: a comment doesn't end"),
        ("key \"a", "k:1: a quoted string doesn't end"), ("key a..b {", "k:1: 'a..b' is no name of a key"),
        ("key a { foo bar; };", "k:1: 'foo' is neither 'algorithm' nor 'secret'"),
        ("key", "k:1: it ends where the key's name"),
    ]) func whatIsWrongIsToldWithItsLine(text: String, expected: String) {
        #expect(error(text)?.hasPrefix(expected) == true, "\(error(text) ?? "no error")")
    }

    @Test func theSecretIsInNoError() {
        let secret = "SuperSecretThatIsNoBase64!"
        let text = "key a { algorithm hmac-sha256; secret \"\(secret)\"; };"
        #expect(error(text)?.contains("Super") == false)
        #expect(error("key a { algorithm hmac-sha256; secret \"c2VjcmV0\" x; };")?.contains("c2Vj") == false)
    }
}
