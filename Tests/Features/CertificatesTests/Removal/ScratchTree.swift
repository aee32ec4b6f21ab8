import Foundation
import Glibc
import StewardCertificates

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
        var status = stat()
        return lstat("\(path)/\(file)", &status) == 0
    }

    /// Kind, mode, owner, time, target or content of everything but the quarantine.
    var snapshot: [String: String] {
        var found: [String: String] = [:]
        for file in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
            guard !file.hasPrefix(Quarantine.folderName) else { continue }
            var status = stat()
            guard lstat("\(path)/\(file)", &status) == 0 else { continue }
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(file)")
            let content =
                status.st_mode & S_IFMT == S_IFREG ? FileManager.default.contents(atPath: "\(path)/\(file)") : nil
            let time = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            found[file] =
                "\(status.st_mode) \(status.st_uid) \(time) \(target ?? "") \(content?.base64EncodedString() ?? "")"
        }
        return found
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
