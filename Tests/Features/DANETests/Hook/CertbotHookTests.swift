import Foundation
import Testing

@testable import StewardDANE

@Suite struct CertbotHookTests {
    private func run(_ path: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.environment = ["RENEWED_LINEAGE": "/x/live/mail", "RENEWED_DOMAINS": "mail.example"]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test func installedHookTouchesTheSignalAndSucceeds() throws {
        let scratch = try DeployScratch()
        try scratch.write("tree/renewal/x.conf", "")
        try scratch.write("it's dane/other", "")
        let hook = CertbotHook(tree: "\(scratch.path)/tree", daneFolder: "\(scratch.path)/it's dane")
        #expect(hook.state() == .absent)
        #expect(try hook.install())
        #expect(hook.state() == .installed)
        #expect(try !hook.install())
        #expect(try run(hook.path) == 0)
        let first = try #require(FileFacts(path: hook.signal)?.stamp)
        usleep(20_000)
        #expect(try run(hook.path) == 0)
        #expect(FileFacts(path: hook.signal)?.stamp != first)
        #expect(try hook.remove())
        #expect(try !hook.remove())
        #expect(hook.state() == .absent)
    }

    @Test func hookSucceedsWhereStewardIsNotThere() throws {
        let scratch = try DeployScratch()
        try scratch.write("tree/renewal/x.conf", "")
        let hook = CertbotHook(tree: "\(scratch.path)/tree", daneFolder: "\(scratch.path)/gone")
        try hook.install()
        #expect(try run(hook.path) == 0)
        #expect(scratch.facts("gone") == nil)
    }

    @Test func foreignFileOfTheNameIsLeftAlone() throws {
        let scratch = try DeployScratch()
        try scratch.write("tree/renewal-hooks/deploy/steward-dane", "#!/bin/sh\necho mine\n", mode: 0o755)
        let hook = CertbotHook(tree: "\(scratch.path)/tree", daneFolder: "/x")
        #expect(hook.state() == .foreign)
        #expect(throws: CertbotHook.Failure.self) { try hook.install() }
        #expect(throws: CertbotHook.Failure.self) { try hook.remove() }
        #expect(scratch.text("tree/renewal-hooks/deploy/steward-dane") == "#!/bin/sh\necho mine\n")
    }

    @Test func hookOfAnotherFolderIsReplaced() throws {
        let scratch = try DeployScratch()
        try scratch.write("tree/renewal/x.conf", "")
        try CertbotHook(tree: "\(scratch.path)/tree", daneFolder: "/old").install()
        let hook = CertbotHook(tree: "\(scratch.path)/tree", daneFolder: "/new")
        #expect(hook.state() == .outdated)
        #expect(try hook.install())
        #expect(hook.state() == .installed)
    }

    @Test func missingTreeIsNamed() throws {
        let scratch = try DeployScratch()
        let hook = CertbotHook(tree: "\(scratch.path)/none", daneFolder: "/x")
        let error = #expect(throws: CertbotHook.Failure.self) { try hook.install() }
        #expect(error?.code == "no-tree")
    }
}
