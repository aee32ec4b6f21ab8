/// Which lineage's files a symlink means, by its text alone.
enum LinkTarget {
    /// The name of the lineage in whose live or archive folder `target` lies; nil where it lies elsewhere.
    /// - Parameters:
    ///   - target: The symlink's text.
    ///   - link: Where the symlink is.
    ///   - tree: The tree that holds it; absolute targets are taken as certbot itself knows the tree, too.
    static func lineage(of target: [UInt8], at link: TreePath, in tree: CertbotTree) -> [UInt8]? {
        var parts: [ArraySlice<UInt8>]
        if target.first == UInt8(ascii: "/") {
            let absolute = resolved(target, from: [])
            let roots = [tree.path, tree.ownPath].map { resolved(Array($0.utf8), from: []) }
            guard let root = roots.first(where: { absolute.starts(with: $0, by: ==) }) else { return nil }
            parts = Array(absolute.dropFirst(root.count))
        } else {
            parts = resolved(target, from: split(link.parent.bytes))
        }
        guard parts.count >= 2, parts[0].elementsEqual("live".utf8) || parts[0].elementsEqual("archive".utf8) else {
            return nil
        }
        return Array(parts[1])
    }

    private static func split(_ path: [UInt8]) -> [ArraySlice<UInt8>] { path.split(separator: UInt8(ascii: "/")) }

    private static func resolved(_ path: [UInt8], from start: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        var parts = start
        for part in split(path) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts
    }
}
