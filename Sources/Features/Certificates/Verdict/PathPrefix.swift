/// Absolute paths compared component by component, without looking at any file.
enum PathPrefix {
    /// `path` without doubled and trailing slashes and `.` components; `..` stays, because only the file system knows
    /// where it leads.
    static func normal(_ path: String) -> String {
        if isNormal(path.utf8) { return path }
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        return "/" + parts.map { String(Substring($0)) }.joined(separator: "/")
    }

    /// Nearly every path is, and there are tens of thousands of them.
    private static func isNormal(_ path: String.UTF8View) -> Bool {
        let slash = UInt8(ascii: "/"), dot = UInt8(ascii: ".")
        guard path.first == slash else { return false }
        // The two bytes before the one at hand, from the first slash on.
        var (last, before): (UInt8, UInt8) = (slash, 0)
        for byte in path.dropFirst() {
            if byte == slash, last == slash || last == dot && before == slash { return false }
            (last, before) = (byte, last)
        }
        return path.count == 1 || last != slash && !(last == dot && before == slash)
    }

    /// `path` and every folder above it, the nearest first, without `/`.
    static func withAncestors(_ path: String) -> [String] {
        let bytes = path.utf8
        guard bytes.count > 1 else { return [] }
        var result = [path]
        var end = bytes.endIndex
        while let slash = bytes[..<end].lastIndex(of: UInt8(ascii: "/")), slash > bytes.startIndex {
            result.append(String(path[..<slash]))
            end = slash
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
