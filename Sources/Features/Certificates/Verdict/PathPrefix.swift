/// Absolute paths compared component by component, without looking at any file.
enum PathPrefix {
    /// `path` without doubled and trailing slashes and `.` components; `..` stays, because only the file system knows
    /// where it leads.
    static func normal(_ path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }

    /// `path` and every folder above it, the nearest first, without `/`.
    static func withAncestors(_ path: String) -> [String] {
        var result: [String] = []
        var rest = path[...]
        while rest.count > 1 {
            result.append(String(rest))
            guard let slash = rest.lastIndex(of: "/") else { break }
            rest = rest[..<slash]
        }
        return result
    }

    /// Whether `path` is `folder` or lies beneath it; both normal.
    static func contains(_ folder: String, _ path: String) -> Bool {
        folder == "/" || path == folder || (path.utf8.count > folder.utf8.count && path.hasPrefix(folder + "/"))
    }

    /// `path` with the leading folder `old` replaced by `new`; nil where it does not lie there.
    static func rebased(_ path: String, from old: String, to new: String) -> String? {
        guard contains(old, path) else { return nil }
        return new + (old == "/" ? path[...] : path.dropFirst(old.count))
    }
}
