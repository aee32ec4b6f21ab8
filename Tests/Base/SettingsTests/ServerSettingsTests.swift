import Foundation
import StewardAccess
import StewardEdge
import StewardScripts
import StewardServer
import StewardSettings
import Testing

private func load(
    _ text: String?, scripts: String? = nil, listen: [String] = [], state: String? = nil,
    variables: [String: String] = [:], isRoot: Bool = false
) throws -> ServerSettings {
    try ServerSettings.resolve(
        text: text, file: text == nil ? nil : "conf/steward.yaml",
        overrides: SettingsOverrides(scripts: scripts, listen: listen, state: state),
        environment: SettingsEnvironment(
            variables: ["HOME": "/home/u"].merging(variables) { $1 },
            workingFolder: "/work", isRoot: isRoot))
}

private func complaints(_ body: () throws -> ServerSettings) -> [String] {
    do {
        _ = try body()
        return []
    } catch let error as SettingsError {
        return error.diagnostics.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

@Suite struct ServerSettingsTests {
    /// An empty value has no scalar of its own: libyaml has it where the text ends, a line further.
    @Test func whatALastKeyLacksHasAPlaceInTheText() {
        let found = complaints { try load("zones:\n  ? /a") }
        #expect(
            found.count == 1 && found[0].hasPrefix("conf/steward.yaml:2:7: zones./a: 'folder' is missing"), "\(found)")
    }

    @Test func aFolderOfScriptsAloneGivesTheThreeZones() throws {
        let settings = try load(nil, scripts: "app")
        #expect(settings.zones.map(\.prefix.text) == ["/", "/api", "/admin"])
        #expect(settings.zones.map(\.folder) == ["/work/app", "/work/app/api", "/work/app/admin"])
        #expect(settings.zones.map(\.access.key) == [.none, .api, .admin])
        #expect(settings.zones.allSatisfy { $0.scripts == ScriptSettings() && $0.bodyLimit == 128 << 20 })
        #expect(settings.listen == [ListenAddress(host: "127.0.0.1", port: 8080)])
        #expect(settings.keys.isEmpty)
        #expect(settings.limits == EdgeSettings())
    }

    @Test func theEnvironmentWorksWithAndWithoutAFile() throws {
        let variables = [
            "API_TRUSTED_IPS": "10.0.0.0/8, 192.0.2.1 2001:db8::/32", "API_KEY": "k", "ADMIN_API_KEY": "a",
        ]
        let file = """
            zones:
              /: {folder: app}
              /api: {folder: app/api, key: api}
              /own: {folder: own, key: api, addresses: 198.51.100.7}
            """
        for settings in [try load(nil, scripts: "app", variables: variables), try load(file, variables: variables)] {
            #expect(settings.keys.map(\.name) == ["API_KEY", "ADMIN_API_KEY"])
            #expect(settings.keys.map(\.role) == [.api, .admin])
            let lists = Dictionary(uniqueKeysWithValues: settings.zones.map { ($0.prefix.text, $0.access.addresses) })
            #expect(lists["/"]?.isEmpty == true)
            #expect(lists["/api"]?.description == "10.0.0.0/8, 192.0.2.1, 2001:db8::/32")
            if let own = lists["/own"] { #expect(own.description == "198.51.100.7") }
            let keys = try settings.accessKeys(
                environment: SettingsEnvironment(variables: variables, workingFolder: "/", isRoot: false))
            #expect(keys.map(\.secretLength) == [1, 1])
            #expect(KeyRing(keys).find("a")?.role == .admin)
        }
    }

    @Test func emptyEnvironmentVariablesCountAsUnset() throws {
        let settings = try load(nil, scripts: "app", variables: ["API_KEY": "", "API_TRUSTED_IPS": ""])
        #expect(settings.keys.isEmpty)
        #expect(settings.zones.allSatisfy { $0.access.addresses.isEmpty })
    }

    @Test func aWholeFileIsRead() throws {
        let settings = try load(
            """
            listen: ["[::1]:8443", localhost:80]
            state: var
            python: venv/bin/python
            trusted_proxies: [127.0.0.1, "::1", 10.1.0.0/16]
            session_secret: {file: secrets/session}
            log: {level: debug, format: json, stdout: false, file: none, rotate_size: 1MiB, rotate_keep: 2, mask: iban}
            metrics: {addresses: 192.0.2.0/24}
            limits: {header_timeout: 5s, body_rate: 1KiB, connections: 50}
            keys:
              - {name: reporting, zones: [/api], expires: 2027-12-31, environment: R}
              - {name: boss, role: admin, file: boss.key}
              - {name: hashed, sha256: "2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B"}
            zones:
              /api/:
                folder: ../scripts
                key: api
                addresses: [192.0.2.0/24]
                timeout: 2m
                body_limit: 1GiB
                workers: 3
                overflow: 8
                queue: 0
                on_disconnect: finish
                environment: {A: "1", B_C: x y}
            """)
        #expect(settings.listen.map(\.description) == ["[::1]:8443", "localhost:80"])
        #expect(settings.state == "/work/conf/var")
        #expect(settings.python == "/work/conf/venv/bin/python")
        #expect(settings.trustedProxies.description == "127.0.0.1, ::1, 10.1.0.0/16")
        #expect(settings.sessionSecret == .file("/work/conf/secrets/session"))
        #expect(settings.log.level == .debug && settings.log.file == nil && settings.log.mask == ["iban"])
        #expect(settings.metrics.addressList.contains(IPAddress("192.0.2.9")!))
        #expect(settings.limits.headerTimeout == .seconds(5) && settings.limits.bodyRate == 1024)
        #expect(
            settings.keys.map(\.source) == [
                .environment("R"), .file("/work/conf/boss.key"), .digest(KeyDigest(of: "secret")),
            ])
        #expect(settings.keys[0].expires == Date(timeIntervalSince1970: 1_830_297_600))
        let zone = try #require(settings.zones.first)
        #expect(zone.prefix.text == "/api" && zone.folder == "/work/scripts" && zone.bodyLimit == 1 << 30)
        #expect(zone.scripts.timeout == .seconds(120) && zone.scripts.workers == 3 && zone.scripts.overflow == 8)
        #expect(zone.scripts.queue == 0 && zone.scripts.onDisconnect == .finish)
        #expect(zone.scripts.environment.map(\.name) == ["A", "B_C"])
    }

    @Test func theStateFolderFollowsTheSurroundings() throws {
        let zones = "zones: {/: {folder: a}}"
        #expect(try load(zones).state == "/home/u/.local/state/steward")
        #expect(try load(zones, isRoot: true).state == "/var/lib/steward")
        #expect(try load(zones, variables: ["XDG_STATE_HOME": "/x"]).state == "/x/steward")
        #expect(try load(zones, variables: ["STATE_DIRECTORY": "/s:/t"], isRoot: true).state == "/s")
        #expect(try load("state: here\n" + zones, variables: ["STATE_DIRECTORY": "/s"]).state == "/work/conf/here")
        let overridden = try load("state: here\n" + zones, state: "there")
        #expect(overridden.state == "/work/there")
        #expect(overridden.log.file == "/work/there/log/steward.log")
    }

    @Test func listenOptionsReplaceTheFiles() throws {
        let settings = try load("listen: 0.0.0.0:1\nzones: {/: {folder: a}}", listen: ["127.0.0.1:0", "[::]:9"])
        #expect(settings.listen.map(\.description) == ["127.0.0.1:0", "[::]:9"])
    }

    @Test(arguments: [
        ("zones: {/_platform/x: {folder: a}}", "steward.yaml:1:9: zones./_platform/x: '/_platform' belongs to"),
        ("zones: {api: {folder: a}}", "zones.api: a zone's prefix begins with '/'; write '/api'"),
        ("zones: {/a/../b: {folder: a}}", "can't be a zone's prefix"),
        ("zones: {/a: {folder: a}, /a/: {folder: b}}", "1:26: zones./a/: the zone /a is set twice, first in line 1"),
        ("zones: {/a: {}}", "zones./a: 'folder' is missing, for example 'folder: app/api'"),
        ("zones: {/a: {folder: [a]}}", "zones./a.folder: expected a value (path), found a list"),
        ("zones: {/a: {folder: a, key: amdin}}", "did you mean 'admin'?"),
        ("zones: {/a: {folder: a, timeout: 0ms}}", "0ms is out of range; allowed: 1ms to 1d"),
        (
            "zones: {/a: {folder: a, addresses: [10.0.0.5/8]}}",
            "zones./a.addresses[0]: \"10.0.0.5/8\" has bits set behind"
        ),
        ("zones: {/a: {folder: a, environment: {1A: x}}}", "\"1A\" can't name a variable"),
        ("timeout: 3s\nzones: {/: {folder: a}}", "unknown key 'timeout'; 'timeout' belongs under 'zones.PREFIX'"),
        ("listen: 8080\nzones: {/: {folder: a}}", "listen: \"8080\" has no port; write HOST:PORT"),
        ("listen: \"::1:80\"\nzones: {/: {folder: a}}", "write [::1]:80"),
        ("listen: []\nzones: {/: {folder: a}}", "the server must listen somewhere"),
        (
            "keys: [{name: a}]\nzones: {/: {folder: a}}",
            "keys[0]: a key needs exactly one of sha256, file, environment and client_certificate"
        ),
        ("keys: [{name: a, file: x, environment: Y}]\nzones: {/: {folder: a}}", "found 2"),
        ("keys: [{name: \"a b\", file: x}]\nzones: {/: {folder: a}}", "can't name a key"),
        ("keys: [{name: a, sha256: abc}]\nzones: {/: {folder: a}}", "this is not the SHA-256 of a secret"),
        ("keys: [{name: a, file: x, expires: 2027-02-29}]\nzones: {/: {folder: a}}", "\"2027-02-29\" is not a date"),
        (
            "keys: [{name: a, file: x, role: admin, zones: [/]}]\nzones: {/: {folder: a}}",
            "an admin key opens every zone"
        ),
        (
            "keys: [{name: a, file: x, zones: [/apo]}]\nzones: {/api: {folder: a}}",
            "there is no zone /apo; did you mean /api?"
        ),
        ("keys: [{name: a, file: x}, {name: a, file: y}]\nzones: {/: {folder: a}}", "the name 'a' is taken by keys[0]"),
        ("session_secret: {}\nzones: {/: {folder: a}}", "write exactly one of 'file: PATH' and 'environment: NAME'"),
        ("log: {level: loud}\nzones: {/: {folder: a}}", "\"loud\" is not one of trace, debug, info, warning, error"),
        ("", "there is no zone; add"),
    ])
    func aBadFileSaysWhatAndWhere(text: String, expected: String) {
        let found = complaints { try load(text) }
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("conf/steward.yaml") })
    }

    @Test func badOptionsAndVariablesNameThemselves() {
        let found = complaints {
            try load(nil, scripts: "app", listen: ["80"], variables: ["API_TRUSTED_IPS": "10.0.0.1 10.1.1.1/8 host"])
        }
        #expect(found.count == 3)
        #expect(
            found[0].hasPrefix(
                "environment: API_TRUSTED_IPS: \"10.1.1.1/8\" has bits set behind its prefix; write 10.0.0.0/8"))
        #expect(found[1].hasPrefix("environment: API_TRUSTED_IPS: \"host\" is a name"))
        #expect(found[2].hasPrefix("--listen: \"80\" has no port"))
        #expect(
            complaints { try load(nil) } == [
                "command line: there is nothing to serve; use --scripts DIR or --settings steward.yaml"
            ])
        #expect(complaints { try load("zones: {/: {folder: a}}", scripts: "b") }.count == 1)
    }

    @Test func aMissingFileAndAMissingSecretAreErrors() throws {
        #expect(throws: SettingsError.self) { try ServerSettings.load(file: "/nonexistent/steward.yaml") }
        let settings = try load("keys: [{name: a, environment: NOPE}]\nzones: {/: {folder: a}}")
        #expect(throws: SettingsError.self) {
            try settings.accessKeys(
                environment: SettingsEnvironment(variables: [:], workingFolder: "/", isRoot: false))
        }
    }

    @Test func secretsAreReadFromTheFirstLineOfTheirFile() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steward-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "the-secret-of-a\n".write(to: folder.appendingPathComponent("a.key"), atomically: true, encoding: .utf8)
        let text = "keys: [{name: a, file: a.key}]\nzones: {/: {folder: a}}"
        let path = folder.appendingPathComponent("steward.yaml").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let settings = try ServerSettings.load(file: path)
        #expect(try settings.accessKeys().first?.digest == KeyDigest(of: "the-secret-of-a"))
        #expect(settings.secretFiles == [folder.path + "/a.key"])
    }

    @Test(arguments: [
        ("1970-01-01", 86_400.0), ("2000-02-29", 951_868_800), ("2026-11-23T04:38:13Z", 1_795_408_693),
        ("2100-12-31", 4_133_980_800),
    ])
    func expiryDatesAreMoments(text: String, seconds: Double) {
        #expect(ExpiryDate.parse(text) == Date(timeIntervalSince1970: seconds))
    }

    @Test(arguments: ["2027-13-01", "2027-00-10", "2027-1-1", "2027-01-32", "2100-02-29", "2027-01-01T24:00:00Z", "x"])
    func whatIsNoDateIsRefused(text: String) {
        #expect(ExpiryDate.parse(text) == nil)
    }
}

@Suite struct SettingsReferenceTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../docs/reference/settings.md").standardizedFileURL

    @Test func thePublishedReferenceIsWhatTheCodeSays() throws {
        if ProcessInfo.processInfo.environment["STEWARD_WRITE_REFERENCE"] == "1" {
            try ServerSettings.reference.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        let published = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(
            published == ServerSettings.reference,
            "run the tests with STEWARD_WRITE_REFERENCE=1 to write docs/reference/settings.md anew")
    }

    @Test func theReferenceNamesEveryKeyWithItsDefault() {
        let page = ServerSettings.reference
        for row in [
            "| `timeout` | duration | `30s` |", "| `body_limit` | size | `128MiB` |", "| `folder` | path | required |",
            "| `on_disconnect` | cancel, finish | `cancel` |", "| `rotate_size` | size | `64MiB` |",
            "## `zones.PREFIX`", "## `keys[]`", "## `limits`",
        ] {
            #expect(page.contains(row), "\(row)")
        }
    }
}
