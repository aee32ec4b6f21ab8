/// The certificates and keys of an inventory, to be recognised elsewhere. Old versions are read from `archive/` only
/// when something looks like one.
final class KnownCertificates {
    /// A certificate of a lineage.
    struct Match: Hashable {
        /// The lineage's index in the inventory.
        var lineage: Int
        /// The archive's file for an old version; nil for the version that `live/` holds.
        var oldFile: String?
        /// An old version's number.
        var version: Int?
    }

    let inventory: Inventory
    private var fingerprints: [Fingerprint: Match] = [:]
    private var keys: [Fingerprint: Match] = [:]
    private var byName: [String: [Int]] = [:]
    private var indexed: Set<Int> = []
    private var fullyIndexed = false

    init(_ inventory: Inventory) {
        self.inventory = inventory
        for (index, lineage) in inventory.lineages.enumerated() {
            guard let certificate = lineage.certificate else { continue }
            fingerprints[certificate.fingerprint] = Match(lineage: index)
            keys[certificate.spki] = Match(lineage: index)
            for name in certificate.names { byName[name, default: []].append(index) }
        }
    }

    /// Whose certificate this is. A lineage that shares a name may have had it in an earlier version.
    func match(_ facts: CertificateFacts) -> Match? {
        if let match = fingerprints[facts.fingerprint] { return match }
        for name in facts.names { for index in byName[name] ?? [] { indexArchive(of: index) } }
        return fingerprints[facts.fingerprint]
    }

    /// Whose key this is, by its subject public key info.
    func match(key: Fingerprint, withOldVersions: Bool) -> Match? {
        if let match = keys[key] { return match }
        guard withOldVersions, !fullyIndexed else { return nil }
        for index in inventory.lineages.indices { indexArchive(of: index) }
        fullyIndexed = true
        return keys[key]
    }

    /// What evidence should point to so that its lineage is found: the certificate while `live/` has it, the archive's
    /// file after that, the bare digests for what no lineage has now.
    func targets(_ facts: CertificateFacts) -> [Evidence.Target] {
        if let match = match(facts) { return [match.oldFile.map { .path($0) } ?? .fingerprint(facts.fingerprint)] }
        if keys[facts.spki] != nil { return [.spki(facts.spki)] }
        return [.fingerprint(facts.fingerprint), .spki(facts.spki)]
    }

    /// Whether the folder is the lineage's as certbot's own container calls it: here that may be another tree's.
    private func isForeign(_ folder: String, _ path: String) -> Bool {
        guard let tree = inventory.trees.first(where: { $0.path == path }), tree.ownPath != path else { return false }
        return folder.hasPrefix(tree.ownPath + "/") && !folder.hasPrefix(path + "/")
    }

    /// Every version's `cert` in the archive folders of one lineage.
    private func indexArchive(of index: Int) {
        guard indexed.insert(index).inserted else { return }
        let lineage = inventory.lineages[index]
        for folder in lineage.folders where !isForeign(folder, lineage.tree) {
            for version in lineage.versions {
                let file = "\(folder)/cert\(version).pem"
                guard let content = try? Folder.read(file), let facts = CertificateReader.read(content.bytes) else {
                    continue
                }
                let isLive = facts.fingerprint == lineage.certificate?.fingerprint
                let match = Match(lineage: index, oldFile: isLive ? nil : file, version: version)
                if fingerprints[facts.fingerprint] == nil { fingerprints[facts.fingerprint] = match }
                if keys[facts.spki] == nil { keys[facts.spki] = match }
            }
        }
    }
}
