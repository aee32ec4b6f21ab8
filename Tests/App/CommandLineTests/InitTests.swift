import ArgumentParser
import Foundation
import StewardAccess
import StewardServer
import Testing

@testable import StewardCommandLine

@Suite("steward init")
struct InitTests {
    @Test("The settings that it writes load, with three zones whose folders it writes too")
    func loads() throws {
        let root = NSTemporaryDirectory() + "steward-init-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let command = try Init.parse([root])
        try command.run()
        let settings = try ServerSettings.load(
            file: root + "/steward.yaml",
            environment: SettingsEnvironment(variables: [:], workingFolder: "/", isRoot: false))
        #expect(settings.zones.map(\.prefix.text) == ["/", "/api", "/admin"])
        #expect(settings.zones.map(\.access.key.rawValue) == ["none", "api", "admin"])
        #expect(settings.zones.allSatisfy { FileManager.default.fileExists(atPath: $0.folder) })
        #expect(settings.state == root + "/state")
    }

    @Test("What exists is never overwritten, and nothing else is written then")
    func neverOverwrites() throws {
        let root = NSTemporaryDirectory() + "steward-init-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root + "/scripts", withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: root + "/scripts/hello.py"))
        let command = try Init.parse([root])
        let failure = #expect(throws: CommandFailure.self) { try command.run() }
        #expect(failure?.lines.count == 1)
        #expect(failure?.description.contains("scripts/hello.py exists") == true)
        #expect(try String(contentsOfFile: root + "/scripts/hello.py", encoding: .utf8) == "mine")
        #expect(!FileManager.default.fileExists(atPath: root + "/steward.yaml"))
    }
}
