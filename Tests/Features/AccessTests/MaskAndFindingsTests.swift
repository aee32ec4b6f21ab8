import Foundation
import StewardAccess
import Testing

@Suite struct SecretMaskTests {
    private let mask = SecretMask(extra: ["iban", "patient_id"])

    @Test(arguments: [
        ("token=abc", "token=***"), ("a=1&api_key=x&b=2", "a=1&api_key=***&b=2"), ("apiKey=x", "apiKey=***"),
        ("API-KEY=x", "API-KEY=***"), ("access_token=x&refresh_token=y", "access_token=***&refresh_token=***"),
        ("mytoken=x", "mytoken=***"), ("password=p%26q", "password=***"), ("user[password]=x", "user[password]=***"),
        ("X-Amz-Signature=ab&X-Amz-Date=1", "X-Amz-Signature=***&X-Amz-Date=1"), ("code=1", "code=***"),
        ("auth=1", "auth=***"), ("api%5Fkey=x", "api%5Fkey=***"), ("%74oken=x", "%74oken=***"),
        ("token=a=b=c", "token=***"), ("a=1;token=x;b=2", "a=1;token=***;b=2"), ("tokens=x", "tokens=***"),
        ("iban=DE1", "iban=***"), ("patient_id=7&id=1", "patient_id=***&id=1"),
        ("the_patient_id=7", "the_patient_id=***"),
        ("clientSecret=x", "clientSecret=***"), ("sig=x", "sig=***"), ("my+key=x", "my+key=***"),
        ("token2=x", "token2=***"),
    ])
    func secretLookingValuesAreHidden(query: String, expected: String) {
        #expect(mask.mask(query: query) == expected)
    }

    @Test(arguments: [
        "", "a=1", "token", "token=", "monkey=1", "keyboard=1", "author=x", "zipcode=1", "design=x", "a=token",
        "&&=&=x",
        "a=%zz&b=%", "x=ä%C3%A4+b", "decode=1", "pinned=1", "assignment=2", "patient=1", "id=2", "passage=1",
        "sidebar=1",
    ])
    func everythingElseStaysByteForByte(query: String) {
        #expect(mask.mask(query: query) == query)
    }

    @Test(arguments: [
        ("Authorization", true), ("Cookie", true), ("Set-Cookie", true), ("X-API-Key", true), ("X-Admin-Key", true),
        ("Proxy-Authorization", true), ("X-Auth-Token", true), ("Accept", false), ("Host", false),
        ("User-Agent", false),
        ("Content-Type", false), ("Sec-Fetch-Mode", false), ("X-Iban", true),
    ])
    func secretHeadersAreKnown(name: String, isSecret: Bool) {
        #expect(mask.isSecret(header: name) == isSecret)
        #expect((mask.mask(header: name, value: "v") == "***") == isSecret)
    }
}

@Suite struct AccessFindingsTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let good = AccessKey(
        name: "good", secret: "0123456789abcdef", role: .admin, origin: .environment(variable: "ADMIN_API_KEY"))

    private func find(
        _ zones: [ZoneAccess] = [ZoneAccess(prefix: .root)], trusted: AddressList = AddressList(),
        keys: [AccessKey] = [], gateways: [String] = [], isLocal: Bool = false,
        files: [AccessFacts.SecretFile] = []
    ) -> [String] {
        AccessFindings.find(
            AccessFacts(
                zones: zones, trustedProxies: trusted, keys: keys, gateways: gateways.map(address),
                listensOnLoopbackOnly: isLocal, secretFiles: files, now: now)
        ).map { finding in
            #expect(finding.message.hasSuffix(".") && finding.remedy.hasSuffix("."))
            return "\(finding.severity) \(finding.code) \(finding.subject)"
        }
    }

    private func zone(_ key: KeyRequirement = .none, _ addresses: String...) -> [ZoneAccess] {
        [ZoneAccess(prefix: prefix("/z"), key: key, addresses: AddressList(addresses.map { list($0).blocks[0] }))]
    }

    @Test func soundRulesHaveNoFinding() {
        #expect(find().isEmpty)
        #expect(find(zone(.admin, "192.0.2.0/24"), keys: [good]).isEmpty)
        #expect(
            find(zone(.api, "192.0.2.0/24"), trusted: list("172.17.0.1"), keys: [good], gateways: ["172.17.0.1"])
                .isEmpty)
    }

    @Test func aListThatAdmitsTheProxyIsFound() {
        #expect(find(zone(.none, "172.17.0.1"), gateways: ["172.17.0.1"]) == ["error admits-proxy /z"])
        #expect(find(zone(.none, "172.16.0.0/12"), gateways: ["172.17.0.1"]) == ["error admits-proxy /z"])
        #expect(find(zone(.none, "127.0.0.0/8"), isLocal: true) == ["error admits-proxy /z"])
        #expect(find(zone(.none, "127.0.0.0/8"), trusted: list("127.0.0.1"), isLocal: true).isEmpty)
        #expect(find(zone(.none, "127.0.0.0/8")).isEmpty)
        #expect(
            find(zone(.none, "172.17.0.0/16"), trusted: list("172.17.0.1"), gateways: ["172.17.0.1"]) == [
                "warning lists-trusted-proxy /z"
            ])
    }

    @Test func zonesThatNoKeyOpensAreFound() {
        #expect(find(zone(.api, "192.0.2.1")) == ["error zone-without-key /z"])
        #expect(find(zone(.admin)) == ["error zone-without-key /z", "note admin-zone-open-to-all /z"])
        var old = good
        old.expires = now
        #expect(
            find(zone(.api, "192.0.2.1"), keys: [old]) == ["error zone-without-key /z", "warning expired-key good"])
    }

    @Test func weakKeysAndOpenFilesAreFound() {
        let short = AccessKey(name: "API_KEY", secret: "secret", role: .api, origin: .environment(variable: "API_KEY"))
        #expect(find(keys: [short]) == ["warning short-key API_KEY"])
        #expect(find(keys: [short, short]).contains("warning same-secret API_KEY"))
        #expect(find(files: [.init(path: "/k", mode: 0o644)]) == ["error readable-secret /k"])
        #expect(find(files: [.init(path: "/k", mode: 0o640)]).isEmpty)
        let lost = AccessKey(
            name: "k", secret: "0123456789abcdef", role: .api, zones: [prefix("/gone")], origin: .store(id: 1))
        #expect(find(keys: [lost]) == ["warning key-for-missing-zone k"])
    }

    @Test func listsThatAdmitEverybodyAreFound() {
        #expect(find(zone(.none, "0.0.0.0/0")) == ["warning admits-everybody /z"])
        #expect(find(zone(.none, "::/0")) == ["warning admits-everybody /z"])
        #expect(find(trusted: list("0.0.0.0/0")) == ["error trusts-too-many 0.0.0.0/0"])
        #expect(find(trusted: list("10.0.0.0/8")).isEmpty)
    }
}
