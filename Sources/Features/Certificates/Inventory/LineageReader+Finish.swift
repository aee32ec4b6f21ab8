extension LineageReader {
    /// Puts down every path by which servers may name the files.
    func finish(_ draft: inout Draft) {
        var folders: [String] = []
        func add(_ paths: [String]) {
            for path in paths where !folders.contains(path) { folders.append(path) }
        }
        add(open.paths.forms([OpenTree.liveName, draft.name.bytes]))
        add(open.paths.forms(draft.livePlace))
        add(open.paths.forms(draft.archivePlace))
        if open.archiveTypes[draft.name] != nil { add(open.paths.forms([OpenTree.archiveName, draft.name.bytes])) }
        for name in draft.result.linkedArchives.sorted() {
            add(open.paths.forms([OpenTree.archiveName, name.bytes]))
        }
        for link in draft.links {
            if case .inside(let parts) = link.end, link.archive == nil { add(open.paths.forms(parts)) }
        }
        add(draft.outside)
        draft.result.lineage.folders = folders
    }
}
