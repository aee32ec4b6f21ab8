import StewardSandbox
import StewardSettings
import Testing

@Suite struct SandboxSettingsTests {
    private func read(_ text: String) throws -> SandboxSettings {
        try SandboxSettings.section.read(text: text, file: "steward.yaml")
    }

    private func refusal(_ text: String) -> String {
        do throws(SettingsError) {
            _ = try SandboxSettings.section.read(text: text, file: "steward.yaml")
            return ""
        } catch {
            return error.diagnostics.map(\.message).joined(separator: "; ")
        }
    }

    @Test func theDefaultsConfineWithoutBeingAskedTo() throws {
        let settings = try read("{}")
        #expect(settings.memory == 2 << 30 && settings.scratch == 1 << 30)
        #expect(settings.network == .outbound && settings.user == .standard)
        #expect(settings.read.isEmpty && settings.write.isEmpty && settings.secrets.isEmpty)
    }

    @Test func networksAreAWordADestinationOrAList() throws {
        #expect(try read("network: none").network == .none)
        #expect(try read("network: [outbound]").network == .outbound)
        #expect(try read("network: []").network == .none)
        #expect(
            try read("network: db.example.org:5432").network == .only([.tcp(host: "db.example.org", port: 5432)]))
        #expect(
            try read("network: [\"[2001:db8::1]:443\", \"unix:/run/x.sock\", outbound]").network
                == .only([.tcp(host: "2001:db8::1", port: 443), .unix(path: "/run/x.sock"), .anywhere]))
    }

    @Test(arguments: [
        ("network: example.org", "no destination"), ("network: \"2001:db8::1:443\"", "brackets"),
        ("network: a:70000", "no port"), ("network: \"unix:relative\"", "no Unix socket"),
        ("network: \"a b:80\"", "no host"), ("memory: 10", "no unit"), ("user: \"a:b:c\"", "names no user"),
        ("secrets: [1st]", "can't name a variable"), ("files: 10", "out of range"),
    ])
    func whatMakesNoSenseIsRefusedWithTheWayOut(text: String, reason: String) {
        #expect(refusal(text).contains(reason), "\(refusal(text))")
    }

    @Test func destinationsAreWrittenAsTheyAreRead() throws {
        for text in ["db.example.org:5432", "[2001:db8::1]:443", "unix:/run/x.sock", "outbound"] {
            #expect(try NetworkRule.Destination(parsing: text).text == text)
        }
    }

    @Test func aZoneKeepsItsNumberAndSharesItWithNone() {
        let identities = ZoneIdentities(mayChange: true, shared: nil) { $0 == 62_238 }
        let names = (0..<2000).map { "/zone\($0)" } + ["/"]
        let numbers = identities.numbers(for: names)
        #expect(Set(numbers.values).count == names.count)
        #expect(numbers.values.allSatisfy(ZoneIdentities.range.contains) && !numbers.values.contains(62_238))
        #expect(identities.numbers(for: names.reversed()) == numbers)
        #expect(identities.numbers(for: ["/a"])["/a"] == identities.numbers(for: ["/a", "/b"])["/a"])
    }

    @Test func rootIsNobodyToRunScriptsAs() {
        #expect(throws: ValueRefusal.self) { try SandboxUser.resolve(user: "0", group: nil) }
        #expect(throws: ValueRefusal.self) { try SandboxUser.resolve(user: "no-such-user-here", group: nil) }
    }

    @Test func aContainerWithoutTheUsersOfTheRangeCannotChangeToThem() {
        let all = UInt64.max
        #expect(ProcessRights(capabilities: all, users: [(0, .max)]).mayChangeUser)
        #expect(!ProcessRights(capabilities: all, users: [(0, 1000)]).mayChangeUser)
        #expect(!ProcessRights(capabilities: 1 << 7, users: [(0, .max)]).mayChangeUser)
    }
}
