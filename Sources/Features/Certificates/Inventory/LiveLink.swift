import Glibc

/// Where the symlink `live/NAME/KIND.pem` leads.
struct LiveLink: Sendable {
    /// What stands at the end.
    enum End: Hashable, Sendable {
        /// Nothing, or a circle, or what can't be followed; why.
        case nowhere(String)
        /// A regular file in the tree: its components.
        case inside([[UInt8]])
        /// A place out of the tree.
        case outside([UInt8])
        /// A path of the host in a tree that certbot knows by another one: the components in the tree.
        case host([[UInt8]])
        /// The file in live is itself a regular file.
        case notLink
        /// The file in live is missing.
        case missing
        /// A file that is no regular file.
        case odd(FileType)
    }

    let kind: Lineage.Kind
    let end: End
    /// Whether a symlink on the way is absolute.
    var isAbsolute = false
    /// How many symlinks there are on the way.
    var hops = 1

    /// The folder in `archive/` that it leads to, and the version file there.
    var archive: (name: FileName, file: VersionFile?)? {
        switch end {
        case .inside(let parts) where parts.count == 3 && parts[0] == OpenTree.archiveName:
            return (FileName(parts[1]), VersionFile(parts[2]))
        case .host(let parts) where parts.count == 3 && parts[0] == OpenTree.archiveName:
            return (FileName(parts[1]), VersionFile(parts[2]))
        default: return nil
        }
    }

    /// Whether it leads to a file.
    var isWhole: Bool {
        switch end {
        case .inside, .host, .outside: true
        case .nowhere, .notLink, .missing, .odd: false
        }
    }

    /// Where it leads, to be shown.
    func shown(_ paths: TreePaths) -> String {
        switch end {
        case .inside(let parts), .host(let parts): paths.shown(parts)
        case .outside(let path): FileName.shown(path)
        case .nowhere, .notLink, .missing, .odd: ""
        }
    }
}

/// Follows symlinks by hand, one at a time, and never out of the tree.
struct LinkChaser {
    let root: Folder
    let paths: TreePaths

    /// The most symlinks that are followed; Linux gives up at as many (path_resolution(7)).
    static let mostHops = 40

    /// Follows `target`, read from `folder` (components), to its end. `isKnown` may say without looking that a place is
    /// a regular file.
    func follow(
        _ target: [UInt8], kind: Lineage.Kind, from folder: [[UInt8]], isKnown: ([[UInt8]]) -> Bool
    ) -> LiveLink {
        var link = LiveLink(kind: kind, end: .missing)
        var (target, folder) = (target, folder)
        var isHost = false
        while true {
            let parts: [[UInt8]]
            link.isAbsolute = link.isAbsolute || target.first == UInt8(ascii: "/")
            switch paths.place(target, in: folder) {
            case .own(let inside): parts = inside
            case .host(let inside): (parts, isHost) = (inside, true)
            case .outside(let path): return link.ending(.outside(path))
            }
            if isKnown(parts) { return link.ending(isHost ? .host(parts) : .inside(parts)) }
            guard let last = parts.last else { return link.ending(.odd(.folder)) }
            let parent: Folder
            do throws(SystemError) {
                let path = Array(TreePaths.joined(parts.dropLast()).dropFirst())
                parent = path.isEmpty ? root : try root.folderBeneath(path)
            } catch {
                return link.ending(
                    .nowhere(error.number == EXDEV ? "a folder on the way leads out of the tree" : error.text))
            }
            guard let status = parent.status(FileName(last)) else {
                return link.ending(.nowhere("there is no such file"))
            }
            switch status.type {
            case .regular: return link.ending(isHost ? .host(parts) : .inside(parts))
            case .link:
                link.hops += 1
                if link.hops > Self.mostHops { return link.ending(.nowhere("the symlinks lead in a circle")) }
                guard let next = try? parent.readLink(FileName(last)) else {
                    return link.ending(.nowhere("it can't be read"))
                }
                (target, folder) = (next, Array(parts.dropLast()))
            default: return link.ending(.odd(status.type))
            }
        }
    }
}

extension LiveLink {
    fileprivate func ending(_ end: End) -> LiveLink {
        var link = LiveLink(kind: kind, end: end)
        link.isAbsolute = isAbsolute
        link.hops = hops
        return link
    }
}
