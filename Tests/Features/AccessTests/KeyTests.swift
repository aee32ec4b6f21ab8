import Foundation
import StewardAccess
import StewardCore
import StewardDatabase
import Testing

@Suite struct APIKeyTests {
    @Test func generatedKeysAreRecognisedAndNeverRepeat() {
        var seen: Set<String> = []
        for _ in 0..<2_000 {
            let secret = APIKey.generate().secret
            #expect(secret.count == 34 && secret.hasPrefix("stw_"))
            #expect(secret.dropFirst(4).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
            #expect(APIKey.look(of: secret) == .generated)
            #expect(seen.insert(secret).inserted)
        }
    }

    @Test func anyChangedCharacterShows() {
        let secret = Array(APIKey.generate().secret)
        for index in 4..<secret.count {
            var changed = secret
            changed[index] = changed[index] == "a" ? "b" : "a"
            #expect(APIKey.look(of: String(changed)) == .damaged)
        }
        #expect(APIKey.look(of: String(secret.dropLast())) == .damaged)
        #expect(APIKey.look(of: "hand-made") == .foreign)
    }

    @Test func theDigestIsPlainSHA256() {
        #expect(KeyDigest(of: "secret").hex == "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b")
        #expect(KeyDigest(hex: KeyDigest(of: "x").hex) == KeyDigest(of: "x"))
        #expect(KeyDigest(bytes: KeyDigest(of: "x").bytes) == KeyDigest(of: "x"))
        #expect(KeyDigest(of: "x") != KeyDigest(of: "y"))
        #expect(KeyDigest(hex: "+" + String(repeating: "0", count: 63)) == nil)
        #expect(KeyDigest(bytes: [1, 2]) == nil)
    }
}

@Suite struct PresentedKeysTests {
    @Test(
        arguments: [
            ([("X-API-Key", "a")], ["a"]), ([("x-api-key", " a\t")], ["a"]), ([("X-Admin-Key", "b")], ["b"]),
            ([("Authorization", "Bearer c")], ["c"]), ([("authorization", "bEARER   c ")], ["c"]),
            ([("Authorization", "Basic c")], []), ([("Authorization", "Bearer")], []),
            ([("Authorization", "Bearer ")], []),
            ([("X-API-Key", "")], []), ([("X-API-Keys", "a")], []),
            ([("X-API-Key", "a"), ("X-Admin-Key", "b")], ["a", "b"]),
            ([("X-API-Key", "a"), ("Authorization", "Bearer a")], ["a"]),
            ([("Host", "x"), ("Cookie", "X-API-Key=a")], []),
            (
                [("X-API-Key", "1"), ("X-API-Key", "2"), ("X-API-Key", "3"), ("X-API-Key", "4"), ("X-API-Key", "5")],
                ["1", "2", "3", "4"]
            ),
        ] as [([(String, String)], [String])])
    func keysComeFromTheirHeadersAlone(headers: [(String, String)], expected: [String]) {
        #expect(PresentedKeys(headers: headers.map { (name: $0.0, value: $0.1) }).secrets == expected)
    }

    @Test func hugeSecretsAreNotHashed() {
        let headers = [(name: "X-API-Key", value: String(repeating: "a", count: 513))]
        #expect(PresentedKeys(headers: headers).isEmpty)
    }
}

@Suite struct AccessPolicyTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let client = address("192.0.2.1")
    private let keys: [AccessKey] = [
        AccessKey(name: "api", secret: "s-api", role: .api, origin: .store(id: 1)),
        AccessKey(name: "other", secret: "s-other", role: .api, zones: [prefix("/other")], origin: .store(id: 2)),
        AccessKey(name: "mine", secret: "s-mine", role: .api, zones: [prefix("/z")], origin: .store(id: 3)),
        AccessKey(name: "admin", secret: "s-admin", role: .admin, origin: .environment(variable: "ADMIN_API_KEY")),
        AccessKey(
            name: "old", secret: "s-old", role: .admin, expires: Date(timeIntervalSince1970: 1_800_000_000),
            origin: .store(id: 4)),
    ]

    private func decide(
        _ requirement: KeyRequirement, _ secrets: [String], addresses: AddressList = AddressList(), ring: KeyRing? = nil
    ) -> String {
        let presented = PresentedKeys(headers: secrets.map { (name: "X-API-Key", value: $0) })
        let decision = AccessPolicy.decide(
            zone: ZoneAccess(prefix: prefix("/z"), key: requirement, addresses: addresses), client: client,
            keys: presented, ring: ring ?? KeyRing(keys), now: now)
        switch decision {
        case .allowed(let caller, let key): return "\(caller.name)\(caller.isAdmin ? "!" : "") \(key ?? 0)"
        case .refused(let refusal):
            #expect((refusal.challenge != nil) == (refusal.problem.status == 401))
            #expect(refusal.problem.detail?.hasSuffix(".") == true)
            for secret in secrets { #expect(!"\(refusal)".contains(secret)) }
            return "\(refusal.problem.code) \(refusal.problem.status)"
        }
    }

    /// What one key gives by requirement: none, api, admin. The table is the whole rule.
    @Test(
        arguments: [
            ([], [" 0", "key-required 401", "key-required 401"]),
            (["s-api"], ["api 1", "api 1", "key-insufficient 403"]),
            (["s-other"], ["other 2", "key-insufficient 403", "key-insufficient 403"]),
            (["s-mine"], ["mine 3", "mine 3", "key-insufficient 403"]),
            (["s-admin"], ["admin! 0", "admin! 0", "admin! 0"]),
            (["s-old"], [" 0", "key-refused 401", "key-refused 401"]),
            (["nope"], [" 0", "key-refused 401", "key-refused 401"]),
            (["nope", "s-api"], ["api 1", "api 1", "key-insufficient 403"]),
            (["s-old", "s-api"], ["api 1", "api 1", "key-insufficient 403"]),
            (["s-other", "nope"], ["other 2", "key-insufficient 403", "key-insufficient 403"]),
            (["s-api", "s-admin"], ["api 1", "api 1", "admin! 0"]),
            (["s-other", "s-mine"], ["other 2", "mine 3", "key-insufficient 403"]),
        ] as [([String], [String])])
    func eachKeyOpensWhatItShould(secrets: [String], expected: [String]) {
        #expect([.none, .api, .admin].map { decide($0, secrets) } == expected)
    }

    @Test func theAddressIsAskedFirst() {
        for requirement in KeyRequirement.allCases {
            for secrets in [[], ["s-admin"], ["nope"]] {
                #expect(decide(requirement, secrets, addresses: list("192.0.2.2")) == "address-refused 403")
            }
        }
        #expect(decide(.admin, ["s-admin"], addresses: list("192.0.2.0/30")) == "admin! 0")
        #expect(decide(.api, [], addresses: list("192.0.2.0/30")) == "key-required 401")
    }

    @Test func aZoneWhoseKeyDoesNotExistRefusesEveryCall() {
        let none = KeyRing.empty
        #expect(decide(.none, [], ring: none) == " 0")
        #expect(decide(.api, [], ring: none) == "no-keys-configured 503")
        #expect(decide(.admin, ["s-any"], ring: none) == "no-keys-configured 503")
        let apiOnly = KeyRing([keys[0]])
        #expect(decide(.admin, [], ring: apiOnly) == "no-keys-configured 503")
        #expect(decide(.api, [], ring: KeyRing([keys[1]])) == "no-keys-configured 503")
    }

    @Test func callersOfThePlatformAreIdentified() {
        let presented = PresentedKeys(headers: ["s-old", "s-api", "s-admin"].map { (name: "X-API-Key", value: $0) })
        #expect(AccessPolicy.identify(keys: presented, ring: KeyRing(keys), now: now).caller.isAdmin)
        let nobody = PresentedKeys(headers: [(name: "X-API-Key", value: "s-old")])
        #expect(AccessPolicy.identify(keys: nobody, ring: KeyRing(keys), now: now).caller == .anonymous)
    }

    @Test func theLiveRingFollowsTheStore() throws {
        try withDatabasePath { path in
            let store = KeyStore(try .open(path, migrations: AccessTables.migrations))
            let live = try LiveKeyRing(fixed: [keys[3]], store: store)
            #expect(live.ring.keys.map(\.name) == ["admin"])
            #expect(try live.refresh() == false)
            let secret = try store.add(name: "new", role: .api, now: now).secret
            #expect(try live.refresh())
            #expect(live.ring.find(secret)?.name == "new" && live.ring.find("s-admin") != nil)
            try store.revoke(name: "new", now: now)
            #expect(try live.refresh())
            #expect(live.ring.find(secret) == nil)
        }
    }

    @Test func ofTwoKeysWithOneSecretTheFirstCounts() {
        let twins = KeyRing(["a", "b"].map { AccessKey(name: $0, secret: "same", role: .api, origin: .store(id: 1)) })
        #expect(twins.find("same")?.name == "a")
    }
}
