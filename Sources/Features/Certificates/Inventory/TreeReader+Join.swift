extension TreeReader {
    /// Compares the lineages with each other, and puts down what belongs to none.
    func join(_ open: OpenTree, _ names: [FileName], _ results: [LineageReader.Result], _ part: inout Part) {
        var results = results
        share(open, names, &results)
        alias(open, names, &results)
        let claimed = claims(names, results)
        for (name, result) in zip(names, results) {
            let hasConf = open.confNames.contains(name)
            let hasLive = open.liveTypes[name] == .folder
            // The folder is another lineage's under a name that it had before.
            if !hasConf, !hasLive, claimed.archives.contains(name) { continue }
            if !hasConf, claimed.lives.contains(name) { continue }
            part.lineages.append(result.lineage)
            part.unread += result.unread
            if !hasConf, !open.renewal.isUnread { orphan(name, result, hasLive: hasLive, &part) }
        }
    }

    private func orphan(_ name: FileName, _ result: LineageReader.Result, hasLive: Bool, _ part: inout Part) {
        if hasLive {
            let path = "\(tree.path)/live/\(name.text)"
            part.orphan(
                .orphanLive, "live",
                "\(path) has no renewal conf: certbot does not renew it. Servers may use it; it is judged as a lineage.",
                path: path, lineage: result.lineage.name)
        } else {
            let path = "\(tree.path)/archive/\(name.text)"
            let count = result.lineage.versions.count
            part.orphan(
                .orphanArchive, "archive",
                "\(path) has no renewal conf and no live folder; it holds \(count) version\(count == 1 ? "" : "s"), "
                    + "private keys among them. It is judged as a lineage.", path: path, lineage: result.lineage.name)
        }
    }

    /// The folders that a lineage of another name has as its own.
    private func claims(
        _ names: [FileName], _ results: [LineageReader.Result]
    ) -> (archives: Set<FileName>, lives: Set<FileName>) {
        var (archives, lives): (Set<FileName>, Set<FileName>) = ([], [])
        for (name, result) in zip(names, results) {
            archives.formUnion(result.linkedArchives.filter { $0 != name })
            if let claimed = result.claimedArchive, claimed != name { archives.insert(claimed) }
            if let claimed = result.claimedLive, claimed != name { lives.insert(claimed) }
        }
        return (archives, lives)
    }

    // MARK: - Sharing

    private func share(_ open: OpenTree, _ names: [FileName], _ results: inout [LineageReader.Result]) {
        share(results, \.claimedArchive).forEach { folder, owners in
            tell(
                .archiveShared, "archive_dir of \(owners.count) confs is archive/\(folder.text)", owners, names,
                &results)
        }
        share(results, \.claimedLive).forEach { folder, owners in
            tell(.liveShared, "\(owners.count) confs have their paths in live/\(folder.text)", owners, names, &results)
        }
    }

    private func share(
        _ results: [LineageReader.Result], _ folder: KeyPath<LineageReader.Result, FileName?>
    ) -> [FileName: [Int]] {
        var owners: [FileName: [Int]] = [:]
        for (index, result) in results.enumerated() {
            if let name = result[keyPath: folder] { owners[name, default: []].append(index) }
        }
        return owners.filter { $0.value.count > 1 }
    }

    private func tell(
        _ code: InventoryFinding, _ what: String, _ owners: [Int], _ names: [FileName],
        _ results: inout [LineageReader.Result]
    ) {
        let confs = owners.prefix(4).map { "\(names[$0].text).conf" }.joined(separator: ", ")
        for owner in owners {
            results[owner].lineage.findings.append(
                Finding(
                    code,
                    "\(what) (\(confs)\(owners.count > 4 ? ", ..." : "")): renewing or deleting one changes the others' "
                        + "files. Keep one conf, or give each its own.",
                    path: results[owner].lineage.confPath))
        }
    }

    /// A symlink in live to a lineage's folder is one more name by which servers may know it.
    private func alias(_ open: OpenTree, _ names: [FileName], _ results: inout [LineageReader.Result]) {
        let index = Dictionary(zip(names, results.indices), uniquingKeysWith: { one, _ in one })
        for (name, type) in open.liveTypes where type == .link {
            guard let target = try? open.live.folder?.readLink(name),
                case .own(let parts) = open.paths.place(target, in: [OpenTree.liveName]), parts.count == 2,
                let owner = index[FileName(parts[1])]
            else { continue }
            for path in open.paths.forms([OpenTree.liveName, name.bytes])
            where !results[owner].lineage.folders.contains(path) { results[owner].lineage.folders.append(path) }
        }
    }
}
