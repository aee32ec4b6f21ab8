import Foundation
import Glibc

@testable import StewardCertificates

/// A certbot tree in a scratch folder, gone when the test is over.
final class ScratchTree: Sendable {
    let path: String
    var tree: CertbotTree { CertbotTree(path: path) }
    var quarantine: Quarantine { Quarantine(tree: tree) }

    init(_ names: String...) throws {
        path = FileManager.default.temporaryDirectory.path + "/steward-tree-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for name in names { try add(name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func add(_ name: String) throws {
        for folder in ["renewal", "live/\(name)", "archive/\(name)"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        for kind in Lineage.Kind.allCases.map(\.rawValue) {
            try write("archive/\(name)/\(kind)1.pem", "\(kind) of \(name)\n")
            try link("live/\(name)/\(kind).pem", to: "../../archive/\(name)/\(kind)1.pem")
        }
        guard chmod("\(path)/archive/\(name)/privkey1.pem", 0o600) == 0 else { throw POSIXError(.EPERM) }
        try write("renewal/\(name).conf", "version = 2.1.0\n")
    }

    func write(_ file: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(file)", atomically: false, encoding: .utf8)
    }

    func link(_ file: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(file)", withDestinationPath: target)
    }

    func has(_ file: String) -> Bool {
        guard let folder = try? TreeFolder(path: path) else { return false }
        return ((try? folder.status(TreePath(file))) ?? nil) != nil
    }

    /// Kind, mode, owner, time, target and content of everything but the quarantine.
    var snapshot: [String: FileIdentity] {
        guard let folder = try? TreeFolder(path: path), let names = try? folder.names() else { return [:] }
        let entries = names.filter { String(decoding: $0, as: UTF8.self) != Quarantine.folderName }
            .flatMap { (try? folder.entries(TreePath($0))) ?? [] }
        return Dictionary(entries.map { ($0.path.description, $0.identity) }, uniquingKeysWith: { one, _ in one })
    }

    /// Everything that is there is unused, but for `used`.
    func basis(used: String..., looked: [String] = ["nginx"]) -> Basis {
        let folders = ["live", "archive"].flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\($0)")) ?? []
        }
        return Basis(
            inventory: Inventory(
                trees: [tree], lineages: Set(folders).sorted().map { Facts.lineage($0, tree: path) }),
            report: Facts.report(used.map { Facts.path("\(path)/live/\($0)/cert.pem") }, looked: looked), at: Facts.now)
    }

    /// Prunes what `basis` allows.
    @discardableResult
    func prune(_ plan: Plan? = nil) async throws -> [Quarantined] {
        let basis = basis()
        return try await quarantine.prune(plan ?? .make(basis)) { basis }
    }
}

/// The code and the sentences of the removal error that `body` throws.
func refusal(_ body: () async throws -> Void) async -> RemovalError? {
    do { try await body() } catch { return error as? RemovalError }
    return nil
}
