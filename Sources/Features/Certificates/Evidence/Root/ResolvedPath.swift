import Glibc

/// Where a path leads within a ``ConfigurationRoot``.
package struct ResolvedPath: Hashable, Sendable {
    /// What is at its end.
    package enum State: Hashable, Sendable {
        case file
        case folder
        /// Neither file nor folder: a device, a FIFO, a socket.
        case other
        case missing
        /// It could not be followed: the system's words.
        case unreadable(String)
    }

    /// The path as written, then after each symlink, then resolved as far as it goes; inside paths without `.`, `..`.
    package var stages: [String]
    /// What is at its end.
    package var state: State

    /// The path with all symlinks resolved, as far as it goes.
    package var resolved: String { stages[stages.count - 1] }
}

/// One walk along a path, component by component, so that no symlink leads out of the root.
struct PathWalk {
    private var done: [Substring] = []
    /// The components to come, last first.
    private var pending: [Substring]
    private var stages: [String] = []
    private var links = 0

    init(_ path: String) {
        pending = Self.components(path).reversed()
        note()
    }

    mutating func run(root: ConfigurationRoot) -> ResolvedPath {
        var state = ResolvedPath.State.folder
        while let component = pending.popLast() {
            if component == "." { continue }
            if component == ".." {
                if state != .folder {
                    state = .missing
                    break
                }
                _ = done.popLast()
                continue
            }
            if state != .folder {
                done.append(component)
                state = .missing
                break
            }
            done.append(component)
            if let end = step(root, &state) {
                state = end
                break
            }
        }
        note()
        return ResolvedPath(stages: stages, state: state)
    }

    /// Looks at what `done` names now and follows it if it is a symlink; the end's state if the walk ends here.
    private mutating func step(_ root: ConfigurationRoot, _ state: inout ResolvedPath.State) -> ResolvedPath.State? {
        let here = "/" + done.joined(separator: "/")
        switch root.status(here) {
        case .failure(let failure):
            let isMissing = failure.code == ENOENT || failure.code == ENOTDIR
            return isMissing ? .missing : .unreadable(failure.description)
        case .success(let status):
            switch status.st_mode & S_IFMT {
            case S_IFDIR: state = .folder
            case S_IFREG: state = .file
            case S_IFLNK: return follow(here, root)
            default: state = .other
            }
            return nil
        }
    }

    private mutating func follow(_ link: String, _ root: ConfigurationRoot) -> ResolvedPath.State? {
        links += 1
        if links > 40 { return .unreadable("the symlinks go round in a circle") }
        switch root.destination(link) {
        case .failure(let failure):
            return .unreadable(failure.description)
        case .success(let destination):
            if destination.isEmpty { return .missing }
            if destination.utf8.first == UInt8(ascii: "/") { done = [] } else { _ = done.popLast() }
            pending.append(contentsOf: Self.components(destination).reversed())
            note()
            return nil
        }
    }

    /// The components of `path`; by scalars, because a combining mark after a slash makes one character with it.
    static func components(_ path: String) -> [Substring] {
        path.unicodeScalars.split(separator: "/").map { Substring($0) }
    }

    /// Adds the path as it now stands.
    private mutating func note() {
        var parts = done
        for component in pending.reversed() where component != "." {
            if component == ".." { _ = parts.popLast() } else { parts.append(component) }
        }
        let path = "/" + parts.joined(separator: "/")
        if stages.last != path { stages.append(path) }
    }
}
