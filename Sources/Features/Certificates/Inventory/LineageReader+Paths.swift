extension LineageReader {
    /// Compares the conf's absolute paths with the tree, and settles which folders are read.
    func judgePaths(_ facts: RenewalFacts, _ draft: inout Draft) {
        let path = "\(open.tree.path)/renewal/\(draft.name.text).conf"
        judgeArchive(facts, path, &draft)
        var told: Set<InventoryFinding> = []
        for kind in Lineage.Kind.allCases {
            guard let written = facts.paths[kind] else { continue }
            judgePath(written, kind, path, &draft, &told)
        }
    }

    private func judgeArchive(_ facts: RenewalFacts, _ path: String, _ draft: inout Draft) {
        guard let written = facts.archiveFolder else { return }
        let own = [OpenTree.archiveName, draft.name.bytes]
        let line = "\(path): archive_dir = \(written)"
        let right = "\(open.tree.ownPath)/archive/\(draft.name.text)"
        switch open.paths.place(Array(written.utf8)) {
        case .own(let parts) where written.hasPrefix("/"):
            if parts.count == 2, parts[0] == OpenTree.archiveName { draft.result.claimedArchive = FileName(parts[1]) }
            if parts == own { return }
            if parts.count == 2, parts[0] == OpenTree.archiveName, isTaken(FileName(parts[1])) {
                draft.add(
                    .archiveOther,
                    "\(line) is the archive of another lineage, \(FileName.shown(parts[1])): 'certbot delete' would "
                        + "destroy that one's keys. Write \(right).", path: path)
            } else if parts.count == 2, parts[0] == OpenTree.archiveName {
                draft.archivePlace = parts
                if open.archiveTypes[FileName(parts[1])] != nil { return }
                draft.archivePlace = open.archiveTypes[draft.name] == nil ? parts : own
                draft.add(.archiveMoved, "\(line) does not exist. Write \(right).", path: path)
            } else {
                draft.add(
                    .archiveMoved,
                    "\(line) leads elsewhere than to a folder in archive/ of the tree. Write \(right).", path: path)
            }
        case .host:
            draft.add(
                .archiveHost,
                "\(line) is a path of the host; certbot knows the tree as \(open.tree.ownPath), and this path does not "
                    + "exist there. Write \(right).", path: path)
        default:
            draft.add(
                .archiveOutside,
                "\(line) leads out of the tree, which certbot knows as \(open.tree.ownPath): was it moved or copied? "
                    + "'certbot delete' would act on files outside. Write \(right).", path: path)
        }
    }

    /// Whether the archive `name` belongs to another lineage, by conf or live folder of its name.
    private func isTaken(_ name: FileName) -> Bool { open.confNames.contains(name) || open.liveTypes[name] == .folder }

    private func judgePath(
        _ written: String, _ kind: Lineage.Kind, _ path: String, _ draft: inout Draft,
        _ told: inout Set<InventoryFinding>
    ) {
        let line = "\(path): \(kind.rawValue) = \(written)"
        let right = "\(open.tree.ownPath)/live/\(draft.name.text)/\(kind.file)"
        func tell(_ code: InventoryFinding, _ text: String) {
            if told.insert(code).inserted { draft.add(code, text, path: path) }
        }
        switch open.paths.place(Array(written.utf8)) {
        case .own(let parts) where written.hasPrefix("/"):
            let folder = Array(parts.dropLast())
            if let last = parts.last, !last.elementsEqual(kind.file.utf8) {
                tell(.confPathKind, "\(line) is not a \(kind.rawValue) by its name. Write \(right).")
            }
            guard folder != [OpenTree.liveName, draft.name.bytes] else { break }
            let name = folder.count == 2 && folder[0] == OpenTree.liveName ? FileName(folder[1]) : nil
            if let name, open.confNames.contains(name) {
                tell(
                    .confPathOther,
                    "\(line) lies in the live folder of another lineage, \(name.text): certbot would act on that one's "
                        + "files. Write \(right).")
            } else if let name, open.liveTypes[name] == .folder {
                // A lineage that was renamed by renaming its conf alone.
                if open.liveTypes[draft.name] == nil { draft.livePlace = folder }
                draft.result.claimedLive = draft.livePlace == folder ? name : draft.result.claimedLive
                tell(
                    .confPathMoved,
                    "\(line) lies in a live folder of another name than the conf's. It works; rename both alike if "
                        + "that was not meant.")
            } else {
                tell(
                    .confPathMoved,
                    "\(line) leads elsewhere than to the lineage's live folder, or does not exist. Write \(right).")
            }
        case .host:
            tell(
                .confPathHost,
                "\(line) is a path of the host; certbot knows the tree as \(open.tree.ownPath). Write \(right).")
        default:
            tell(
                .confPathOutside,
                "\(line) leads out of the tree, which certbot knows as \(open.tree.ownPath): was it moved or copied? "
                    + "Write \(right).")
        }
    }
}
