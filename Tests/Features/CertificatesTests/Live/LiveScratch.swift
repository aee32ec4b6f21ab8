import Foundation

@testable import StewardCertificates

/// A folder outside any tree in which copies are laid.
final class LiveScratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "live-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ file: String, _ text: String) throws -> String { try write(file, Array(text.utf8)) }

    @discardableResult
    func write(_ file: String, _ bytes: [UInt8]) throws -> String {
        let whole = "\(path)/\(file)"
        let folder = (whole as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: whole))
        return whole
    }

    /// The search for copies here alone.
    func copies(of tree: InventoryTree, change: (inout LiveSettings) -> Void = { _ in }) -> EvidenceReport {
        var settings = LiveSettings()
        settings.root = "\(path)/no-root"
        settings.copyFolders = [path]
        change(&settings)
        return CopyReader(known: KnownCertificates(tree.read()), settings: settings)
            .read(until: ContinuousClock.now + .seconds(30))
    }
}

extension InventoryTree {
    /// Makes a newer version that ends later.
    func renew(_ name: String, version: Int) throws -> InventoryAuthority.Issued {
        let issued = InventoryAuthority.shared.issue(
            [name], to: Date(timeIntervalSince1970: 2_000_000_000 + Double(version) * 86_400))
        try write("archive/\(name)/cert\(version).pem", issued.cert)
        try write("archive/\(name)/privkey\(version).pem", issued.privkey, mode: 0o600)
        try write("archive/\(name)/chain\(version).pem", issued.chain)
        try write("archive/\(name)/fullchain\(version).pem", issued.fullchain)
        for kind in Lineage.Kind.allCases {
            try link("live/\(name)/\(kind.file)", to: "../../archive/\(name)/\(kind.rawValue)\(version).pem")
        }
        return issued
    }
}
