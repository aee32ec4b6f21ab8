import Foundation
import Testing

@testable import StewardScripts

/// What workers were told of a folder, and when that is no longer so.
@Suite struct ReachTests {
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "/reach-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path + "/inner/deep", withIntermediateDirectories: true)
        return path
    }

    private func write(_ path: String) throws {
        try Data("x".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    @Test func aNewOrReplacedEntryBesideANestedZoneChangesTheReach() throws {
        let root = try folder()
        defer { try? FileManager.default.removeItem(atPath: root) }
        var catalogue = Catalogue(prefix: "/", root: root, excluded: ["inner"])
        #expect(catalogue.takeReachChange() == nil)
        try write(root + "/data.json")
        _ = catalogue.refresh(now: monotonicNow())
        #expect(catalogue.takeReachChange() == .entries)
        #expect(catalogue.takeReachChange() == nil)
        try write(root + "/data.json")
        _ = catalogue.refresh(now: monotonicNow())
        #expect(catalogue.takeReachChange() == .entries)
        try write(root + "/inner/x.py")
        _ = catalogue.refresh(now: monotonicNow())
        #expect(catalogue.takeReachChange() == nil)
    }

    @Test func aFolderWithoutNestedZonesIsTheWorkersAsAWhole() throws {
        let root = try folder()
        defer { try? FileManager.default.removeItem(atPath: root) }
        var catalogue = Catalogue(prefix: "/", root: root, excluded: [])
        try write(root + "/data.json")
        _ = catalogue.refresh(now: monotonicNow())
        #expect(catalogue.takeReachChange() == nil)
    }

    @Test func anotherFolderAtTheSamePathIsNoticed() throws {
        let root = try folder()
        defer { try? FileManager.default.removeItem(atPath: root) }
        var catalogue = Catalogue(prefix: "/", root: root, excluded: [])
        try FileManager.default.moveItem(atPath: root, toPath: root + ".old")
        defer { try? FileManager.default.removeItem(atPath: root + ".old") }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        #expect(catalogue.takeReachChange() == .folder)
    }

    @Test func aFileThatTookAnothersPlaceIsNoticed() throws {
        let root = try folder()
        defer { try? FileManager.default.removeItem(atPath: root) }
        try write(root + "/hosts")
        let places = ReachedPlaces([root + "/hosts", root + "/missing"])
        #expect(places.isCurrent)
        let kept = open(root + "/hosts", O_RDONLY)
        defer { close(kept) }
        try write(root + "/hosts")
        #expect(!places.isCurrent)
        let later = ReachedPlaces([root + "/missing"])
        try write(root + "/missing")
        #expect(!later.isCurrent)
    }

    @Test func aFileThatJoinsAFamilyIsNoticed() throws {
        let root = try folder()
        defer { try? FileManager.default.removeItem(atPath: root) }
        try write(root + "/nvidia0")
        try write(root + "/other")
        let places = ReachedPlaces([], families: [root + "/nvidia*", root + "/nvidia-caps/*"])
        try write(root + "/other1")
        #expect(places.isCurrent)
        try FileManager.default.createDirectory(atPath: root + "/nvidia-caps", withIntermediateDirectories: true)
        #expect(!places.isCurrent)
        let later = ReachedPlaces([], families: [root + "/nvidia*", root + "/nvidia-caps/*"])
        #expect(later.isCurrent)
        try write(root + "/nvidia-caps/nvidia-cap30")
        #expect(!later.isCurrent)
    }
}
