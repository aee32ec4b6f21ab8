import Glibc

/// Where a tree's lineages have their files, by certbot's layout alone: `renewal/NAME.conf`, `live/NAME`,
/// `archive/NAME`. Whatever a conf or a symlink says, nothing else ever moves.
struct TreeLayout {
    static let folders = ["renewal", "live", "archive"]

    let tree: CertbotTree
    let folder: TreeFolder
    private let device: dev_t
    /// Names as files have them, by the name that is shown.
    private var names: [String: Set<[UInt8]>] = [:]
    /// By raw name: the other lineages that its symlinks lead to or whose symlinks lead to it.
    private var tangles: [[UInt8]: Set<[UInt8]>] = [:]

    /// Reads the folders' names and symlinks.
    /// - Throws: where the tree or one of the three folders isn't what it must be.
    init(_ tree: CertbotTree) throws(RemovalError) {
        self.tree = tree
        do throws(CallFailure) {
            folder = try TreeFolder(path: tree.path)
            guard let status = try folder.status(TreePath(".")) else { throw CallFailure("open", tree.path, ENOENT) }
            device = status.st_dev
        } catch {
            throw RemovalError(error, "The tree can't be read")
        }
        for name in Self.folders { try readFolder(name) }
    }

    private mutating func readFolder(_ name: String) throws(RemovalError) {
        let status = try within("The tree can't be read") { () throws(CallFailure) in
            try folder.status(TreePath(name))
        }
        guard let status else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw RemovalError.layout("\(tree.path)/\(name) is no folder of its own (a symlink?).")
        }
        guard status.st_dev == device else {
            throw RemovalError.layout("\(tree.path)/\(name) lies on another file system than \(tree.path).")
        }
        do throws(CallFailure) {
            for entry in try folder.names(TreePath(name)) {
                guard let raw = name == "renewal" ? Self.withoutEnding(entry) : entry else { continue }
                names[FileName.shown(raw), default: []].insert(raw)
                if name != "renewal" { try readLinks(name, raw) }
            }
        } catch {
            throw RemovalError(error, "The tree can't be read")
        }
    }

    private static func withoutEnding(_ name: [UInt8]) -> [UInt8]? {
        name.count > 5 && name.suffix(5).elementsEqual(".conf".utf8) ? name.dropLast(5) : nil
    }

    private mutating func readLinks(_ parent: String, _ name: [UInt8]) throws(CallFailure) {
        let path = TreePath(parent).appending(name)
        guard let status = try folder.status(path) else { return }
        var links: [TreePath] = []
        switch status.st_mode & S_IFMT {
        case S_IFLNK: links = [path]
        case S_IFDIR:
            for record in try folder.records(path) {
                let entry = path.appending(record.name)
                if record.type == DT_LNK { links.append(entry) }
                if record.type == DT_UNKNOWN, try folder.isLink(entry) { links.append(entry) }
            }
        default: return
        }
        for link in links {
            guard let other = LinkTarget.lineage(of: try folder.target(link), at: link, in: tree), other != name else {
                continue
            }
            tangles[name, default: []].insert(other)
            tangles[other, default: []].insert(name)
        }
    }

    /// Everything of the lineage that is shown as `name`.
    /// - Throws: where it can't be moved safely; the sentences say why and what to do.
    func files(of name: String) throws(RemovalError) -> [FileEntry] {
        let raw = names[name] ?? []
        guard let bytes = raw.first else {
            throw RemovalError(.tree, "No file in \(tree.path) belongs to \(name) by certbot's layout.")
        }
        guard raw.count == 1 else {
            throw RemovalError.layout("Several files in \(tree.path) are shown as \(name): rename one.")
        }
        if let others = tangles[bytes], !others.isEmpty {
            let shown = others.map { FileName.shown($0) }.sorted()
            throw RemovalError.layout(
                "Symlinks of \(name) and of \(Wording.list(shown)) lead into one another: correct them first.")
        }
        do throws(CallFailure) {
            var entries: [FileEntry] = []
            for root in Self.roots(bytes) { entries += try folder.entries(root) }
            return entries
        } catch {
            throw RemovalError(error, "\(name) can't be read")
        }
    }

    /// The conf first: the moment that it is gone, certbot knows nothing of the rest.
    static func roots(_ name: [UInt8]) -> [TreePath] {
        [
            TreePath("renewal").appending(name + ".conf".utf8), TreePath("live").appending(name),
            TreePath("archive").appending(name),
        ]
    }
}

extension RemovalError {
    static func layout(_ sentence: String) -> Self { Self(.tree, sentence) }
}

extension TreeFolder {
    func isLink(_ path: TreePath) throws(CallFailure) -> Bool {
        try status(path).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
    }
}
