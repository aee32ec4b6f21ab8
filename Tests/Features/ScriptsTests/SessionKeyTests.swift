import Testing

@testable import StewardScripts

@Suite struct SessionKeyTests {
    private func key(_ prefix: String, _ sharing: SessionSharing = .own, secret: String = "a secret") -> SessionKey {
        SessionKey(secret: secret, prefix: prefix, sharing: sharing)
    }

    @Test func aZonesKeyIsItsOwn() {
        #expect(Set(["/", "/api", "/admin", "/api/v1"].map { key($0).bytes }).count == 4)
        #expect(key("/api") == key("/api"))
        #expect(key("/api") != key("/api", secret: "another"))
        #expect(key("/api").bytes.count == 32)
        #expect(key("/").bytes != Array("a secret".utf8), "the secret itself would lead to every other key")
    }

    /// Computed with Python's hmac module.
    @Test func theKeyFollowsByHMAC() {
        #expect(key("/api").hexadecimal == "701cb95f43d25c2429a366d55c79f33a0659165a01d87616db0111438a655f7a")
    }

    @Test func whatIsSharedIsSignedWithTheSecretItself() {
        #expect(key("/api", .shared) == key("/", .shared))
        #expect(key("/", .shared).hexadecimal == "6120736563726574")
    }

    @Test(arguments: [
        ("/", "session"), ("/api", "session_api"), ("/api/v1.0-b", "session_api_v1.0-b"),
        ("/b\u{fc};=,", "session_b____"),
    ])
    func theCookieIsAToken(prefix: String, name: String) {
        #expect(key(prefix).cookie == name)
        #expect(key(prefix, .shared).cookie == "session")
    }
}
