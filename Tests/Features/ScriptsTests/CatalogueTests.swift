import Foundation
import Testing

@testable import StewardScripts

@Suite struct CatalogueTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "steward-\(UUID())").path

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func write(_ path: String, _ text: String = "def main(request): return 1", mode: Int = 0o644) throws {
        let full = folder + "/" + path
        let parent = (full as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: full))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: full)
    }

    private func routes(prefix: String = "/", excluded: Set<String> = []) -> [String] {
        let catalogue = Catalogue(prefix: prefix, root: folder, excluded: excluded)
        let scripts = catalogue.scripts
        return scripts.keys.sorted()
    }

    @Test func filesAreRoutesAndTheirFoldersArePaths() throws {
        try write("x.py")
        try write("sub/y.py")
        try write("tool", "#!/bin/sh", mode: 0o755)
        #expect(routes() == ["/sub/y.py", "/tool", "/x.py"])
        #expect(routes(prefix: "/api") == ["/api/sub/y.py", "/api/tool", "/api/x.py"])
    }

    @Test(arguments: ["_x.py", ".x.py", "__init__.py", "_private/x.py", ".git/x.py", "__pycache__/x.py", "data.txt"])
    func theseAreNoRoutes(name: String) throws {
        try write(name)
        #expect(routes().isEmpty)
    }

    @Test func aLinkThatLeavesTheFolderIsNoRouteAndOneInsideIs() throws {
        try write("real.py")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: folder + "/inside.py", withDestinationPath: "real.py")
        try manager.createSymbolicLink(atPath: folder + "/outside.py", withDestinationPath: "/etc/passwd")
        try manager.createSymbolicLink(atPath: folder + "/up.py", withDestinationPath: "../other.py")
        try manager.createSymbolicLink(atPath: folder + "/etc", withDestinationPath: "/etc")
        #expect(routes() == ["/inside.py", "/real.py"])
    }

    @Test func aFolderOfAnotherZoneIsLeftOut() throws {
        try write("x.py")
        try write("api/y.py")
        #expect(routes(excluded: ["api"]) == ["/x.py"])
    }

    @Test func changesCountAtTheNextLookAndOnlyThen() throws {
        try write("x.py")
        var catalogue = Catalogue(prefix: "/", root: folder, excluded: [])
        var now = monotonicNow()
        func look() -> [String]? {
            now += FolderWatch.pollInterval
            return catalogue.refresh(now: now)?.map(\.route).sorted()
        }
        _ = look()
        let first = catalogue.generation
        try write("new/y.py")
        #expect(look() == ["/new/y.py"])
        try write("new/z.py")
        #expect(look() == ["/new/z.py"])
        let second = catalogue.generation
        #expect(second > first)
        try FileManager.default.removeItem(atPath: folder + "/x.py")
        #expect(look() == [])
        let gone = catalogue.match("/x.py")
        #expect(gone == nil)
        try write("data.json", "{}")
        try write("new/z.py", "changed = 1")
        #expect(look() == ["/new/z.py"])
    }

    @Test func aLongerPathFindsTheScriptItBeginsWith() throws {
        try write("x.py")
        let catalogue = Catalogue(prefix: "/api", root: folder, excluded: [])
        let match = catalogue.match("/api/x.py/more/and/more")
        let found = try #require(match)
        #expect(found.name == "/api/x.py")
        #expect(found.rest == "/more/and/more")
        let none = catalogue.match("/api/y.py/more")
        #expect(none == nil)
    }

    @Test func aMissingFolderIsAFailureWithAReason() {
        let catalogue = Catalogue(prefix: "/", root: folder + "/none", excluded: [])
        let failure = catalogue.failure
        #expect(failure?.contains("No such file") == true)
    }
}
