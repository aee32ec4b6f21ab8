import Glibc

/// Tells which absolute paths mean places in a tree. Paths are bytes, cut into components without `.` and `..`.
struct TreePaths: Sendable {
    /// Where a path leads.
    enum Place: Hashable {
        /// Into the tree, as certbot itself names it: the components below the tree.
        case own([[UInt8]])
        /// Into the tree, but by the path under which only this process knows it.
        case host([[UInt8]])
        /// Out of the tree, to this absolute path.
        case outside([UInt8])
    }

    private let own: [[[UInt8]]]
    private let host: [[UInt8]]
    /// The tree's path with symlinks resolved; as given where that can't be done.
    let resolved: String
    private let tree: CertbotTree

    init(_ tree: CertbotTree) {
        self.tree = tree
        resolved = tree.path.withCString { path in
            guard let real = realpath(path, nil) else { return tree.path }
            defer { free(real) }
            return String(cString: real)
        }
        host = Self.components(Array(tree.path.utf8))
        var own = [Self.components(Array(tree.ownPath.utf8))]
        if own[0] == host, resolved != tree.path { own.append(Self.components(Array(resolved.utf8))) }
        self.own = own
    }

    /// Whether certbot knows the tree by another path than this process.
    var isForeign: Bool { own[0] != host }

    /// Where `path`, absolute or relative to `folder` (components below the tree), leads.
    func place(_ path: [UInt8], in folder: [[UInt8]] = []) -> Place {
        if path.first != UInt8(ascii: "/") {
            var depth = folder
            for part in path.split(separator: UInt8(ascii: "/")) {
                if part.elementsEqual([UInt8(ascii: ".")]) { continue }
                if part.elementsEqual("..".utf8) {
                    guard depth.popLast() != nil else { return .outside(absolute(path, folder)) }
                } else {
                    depth.append(Array(part))
                }
            }
            return .own(depth)
        }
        let parts = Self.components(path)
        for prefix in own where parts.starts(with: prefix) { return .own(Array(parts.dropFirst(prefix.count))) }
        if parts.starts(with: host) { return .host(Array(parts.dropFirst(host.count))) }
        return .outside(Self.joined(parts))
    }

    private func absolute(_ path: [UInt8], _ folder: [[UInt8]]) -> [UInt8] {
        Self.joined(Self.components(Array(tree.ownPath.utf8) + Self.joined(folder) + [UInt8(ascii: "/")] + path))
    }

    /// `path` below the tree as this process opens it, to be shown.
    func shown(_ parts: [[UInt8]]) -> String { tree.path + FileName.shown(Self.joined(parts)) }

    /// Every absolute form of a place in the tree: as this process, as the resolved path and as certbot has it.
    func forms(_ parts: [[UInt8]]) -> [String] {
        let below = FileName.shown(Self.joined(parts))
        var forms = [tree.path + below]
        for prefix in [resolved, tree.ownPath] where !forms.contains(prefix + below) { forms.append(prefix + below) }
        return forms
    }

    /// An absolute path out of the tree as this process can open it: as it is where both name files alike, below the
    /// root that the tree's path begins with where it ends in certbot's own path; nil in a container's volume.
    func reachable(_ outside: [UInt8]) -> String? {
        guard let path = String(validating: outside, as: UTF8.self) else { return nil }
        if !isForeign { return path }
        guard tree.path.hasSuffix(tree.ownPath) else { return nil }
        return String(tree.path.dropLast(tree.ownPath.count)) + path
    }

    /// Cut at slashes, `.` and `..` resolved as text.
    static func components(_ path: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        for part in path.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual([UInt8(ascii: ".")]) { continue }
            if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(Array(part)) }
        }
        return parts
    }

    /// With a slash before each component.
    static func joined(_ parts: some Sequence<[UInt8]>) -> [UInt8] { parts.flatMap { [UInt8(ascii: "/")] + $0 } }
}
