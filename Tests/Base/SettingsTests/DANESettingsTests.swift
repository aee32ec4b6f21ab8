import Foundation
import StewardServer
import StewardSettings
import Testing

@Suite struct DANESettingsTests {
    private func load(_ text: String) throws -> PrivilegedSettings {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.path + "/steward.yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return try ServerSettings.loadPrivileged(
            file: file, environment: SettingsEnvironment(variables: [:], workingFolder: folder.path, isRoot: true))
    }

    private func complaints(_ text: String) -> [String] {
        do {
            _ = try load(text)
            return []
        } catch let error as SettingsError {
            return error.diagnostics.map { "\($0.path): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    private let good = """
        dane:
          zones:
            - {name: example.org, update: {server: 127.0.0.1, key: keys/steward.key}}
            - {name: it.example.org, file: {path: zones/db.it}}
          deployments:
            - {lineage: mail.example.org, file: tls/mail.pem, services: [mail.example.org:25, mail.example.org:993]}
            - {lineage: mail.it.example.org, file: tls/it.pem, services: ["mail.it.example.org:2525 smtp"]}
        """

    @Test func pathsCountFromTheFileAndTheFolderIsTheHelpers() throws {
        let loaded = try load(good)
        #expect(loaded.dane.folder == "/var/lib/steward-helper/dane")
        #expect(loaded.dane.zones[0].update.key?.hasSuffix("/keys/steward.key") == true)
        #expect(loaded.dane.zones[0].update.key?.hasPrefix("/") == true)
        #expect(loaded.dane.deployments.allSatisfy { $0.file.hasPrefix("/") && $0.tree == "/etc/letsencrypt" })
    }

    @Test(arguments: [
        ("update: {server: 127.0.0.1, key: keys/steward.key}", "servers: [192.0.2.1]", "exactly one way"),
        ("update: {server: 127.0.0.1, key: keys/steward.key}", "update: {server: 127.0.0.1}", "needs a TSIG key"),
        ("file: {path: zones/db.it}", "file: {path: a}, program: [b]", "file and program"),
        ("name: it.example.org", "name: it..example.org", "no domain name"),
        ("lineage: mail.it.example.org", "lineage: mail.example.org", "already"),
        ("file: tls/it.pem", "file: tls/mail.pem", "already"),
        ("\"mail.it.example.org:2525 smtp\"", "mail.example.org:25", "already"),
        ("\"mail.it.example.org:2525 smtp\"", "mail.example.net:25", "has no zone"),
        ("\"mail.it.example.org:2525 smtp\"", "mail.it.example.org:2525", "is no service"),
        ("file: tls/it.pem", "file: tls/it.pem, mode: next, records: [2 1 1]", "before it has a certificate"),
        ("file: tls/it.pem", "file: tls/it.pem, zone: other.example", "has no zone 'other.example'"),
    ]) func whatCantWorkIsRefusedWithAReason(old: String, new: String, words: String) {
        let text = good.replacingOccurrences(of: old, with: new)
        #expect(text != good)
        let found = complaints(text)
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test(arguments: [
        ("server: 127.0.0.1", "server: \"[fd00::3\"", "dane.zones[0].update.server"),
        ("server: 127.0.0.1", "server: \"fd00::1::3\"", "dane.zones[0].update.server"),
        ("server: 127.0.0.1", "server: \"[fd00::3]:70000\"", "dane.zones[0].update.server"),
        ("file: {path: zones/db.it}", "file: {path: zones/db.it, server: \"[::1]53\"}", "dane.zones[1].file.server"),
        ("file: {path: zones/db.it}", "file: {path: a}, servers: [192.0.2.1, \"fd00::g\"]", "dane.zones[1].servers[1]"),
        ("file: tls/it.pem", "file: tls/it.pem, addresses: [\"[fd00::1]\"]", "dane.deployments[1].addresses"),
        ("\"mail.it.example.org:2525 smtp\"", "\"[fd00::1]:25\"", "dane.deployments[1].services"),
        ("dane:", "dane:\n  resolver: {forward: [\"[fd00::53]:x\"]}", "dane.resolver.forward"),
    ]) func aTextThatIsNoAddressIsNamedWithItsPlace(old: String, new: String, place: String) {
        let text = good.replacingOccurrences(of: old, with: new)
        #expect(text != good)
        let found = complaints(text)
        #expect(found.count == 1, "nothing else is wrong: \(found)")
        #expect(found.contains { $0.hasPrefix(place) && ($0.contains("fd00::") || $0.contains("::1")) }, "\(found)")
    }

    @Test func ipv6IsTakenWhereverAnAddressIs() throws {
        var text = good.replacingOccurrences(of: "server: 127.0.0.1", with: "server: \"[fd00::3]:53\"")
        text = text.replacingOccurrences(
            of: "{path: zones/db.it}", with: "{path: a, server: \"::1\"}, servers: [\"fd00::4\"]")
        text = text.replacingOccurrences(
            of: "file: tls/it.pem", with: "file: tls/it.pem, addresses: [\"fe80::1%eth0\"]")
        #expect(complaints(text).isEmpty)
        #expect(try load(text).dane.zones[0].update.server == "[fd00::3]:53")
    }

    @Test func theLongestZoneThatFitsHoldsARecord() throws {
        let dane = try load(good).dane
        #expect(complaints(good).isEmpty)
        #expect(dane.zones.count == 2 && dane.isSet)
    }
}
