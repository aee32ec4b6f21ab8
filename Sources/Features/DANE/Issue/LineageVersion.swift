import Glibc

/// Puts a new version into a lineage as certbot does (its storage.py, `save_successor` and `update_all_links_to`): four files
/// in the archive, then the four symlinks in `live/`, one after another. Interrupted anywhere, it goes on where it was.
struct LineageVersion {
    let tree: String
    let name: String

    private static let kinds = ["cert", "privkey", "chain", "fullchain"]

    /// Makes `chain` the newest version and the one that `live/` leads to. The caller holds certbot's locks.
    func install(_ chain: KeyedChain) throws(FileFailure) {
        let root = try DurableFolder(path: tree)
        let archive = try root.folder("archive/\(name)")
        let live = try root.folder("live/\(name)")
        let parts = content(chain)
        let version = try number(archive, parts)
        for kind in Self.kinds {
            guard let bytes = parts[kind] else { continue }
            let file = "\(kind)\(version).pem"
            if try archive.facts(file) != nil { continue }
            try archive.create(file, bytes, shape: try shape(kind, version, archive))
        }
        for kind in Self.kinds { try live.link("\(kind).pem", to: "../../archive/\(name)/\(kind)\(version).pem") }
    }

    private func content(_ chain: KeyedChain) -> [String: [UInt8]] {
        let certificates = chain.chain.map { PEMText.encode("CERTIFICATE", $0) }
        return [
            "privkey": chain.keyText, "cert": certificates.first ?? [],
            "chain": Array(certificates.dropFirst().joined()), "fullchain": Array(certificates.joined()),
        ]
    }

    /// The version that an interrupted installation of the same began, or the next one.
    private func number(_ archive: DurableFolder, _ parts: [String: [UInt8]]) throws(FileFailure) -> Int {
        let names = try archive.names()
        let numbers = names.compactMap { name -> Int? in
            guard name.hasSuffix(".pem"), let kind = Self.kinds.first(where: { name.hasPrefix($0) }) else { return nil }
            return Int(name.dropFirst(kind.count).dropLast(4))
        }
        let last = numbers.max() ?? 0
        // The certificate is written first: where it is there, all that is there must be ours.
        if last > 0, try archive.read("cert\(last).pem") == parts["cert"] {
            var isOurs = true
            for kind in Self.kinds {
                if let there = try archive.read("\(kind)\(last).pem"), there != parts[kind] { isOurs = false }
            }
            if isOurs { return last }
        }
        return last + 1
    }

    /// The mode and group that certbot gives: of a key those of the version before.
    private func shape(
        _ kind: String, _ version: Int, _ archive: DurableFolder
    ) throws(FileFailure) -> DurableFolder.Shape {
        guard kind == "privkey" else { return DurableFolder.Shape(mode: 0o644) }
        guard let before = FileFacts(path: "\(tree)/live/\(name)/privkey.pem") else { return DurableFolder.Shape() }
        return DurableFolder.Shape(mode: 0o600 | before.mode & 0o074, owner: (geteuid(), before.group))
    }
}
