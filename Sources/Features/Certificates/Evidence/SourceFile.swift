/// A configuration file that was read.
package struct SourceFile: Sendable {
    /// The inside path by which the server names it.
    package var path: String
    /// The path with all symlinks resolved: what tells two files apart.
    package var resolved: String
    /// Its bytes.
    package var bytes: [UInt8]

    /// The folder that holds it, by the server's name.
    package var folder: String { PathText.folder(path) }

    /// A file with these bytes at `path`.
    package init(path: String, resolved: String? = nil, bytes: [UInt8]) {
        self.path = path
        self.resolved = resolved ?? path
        self.bytes = bytes
    }
}

/// Paths as text.
package enum PathText {
    /// Whether `path` begins at the root.
    package static func isAbsolute(_ path: some StringProtocol) -> Bool { path.utf8.first == UInt8(ascii: "/") }

    /// The folder part of an absolute path.
    package static func folder(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The last component.
    package static func name(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(Substring(path.utf8[path.utf8.index(after: slash)...]))
    }

    /// `path`, or below `folder` where it isn't absolute.
    package static func joined(_ folder: String, _ path: String) -> String {
        if isAbsolute(path) { return path }
        return folder.utf8.last == UInt8(ascii: "/") ? folder + path : folder + "/" + path
    }

    /// Whether `path` is `folder` or lies below it.
    package static func isWithin(_ path: String, _ folder: String) -> Bool {
        path == folder || path.utf8.starts(with: (folder == "/" ? "/" : folder + "/").utf8)
    }
}

/// Bytes as lines.
package enum Lines {
    /// The lines of `bytes` without their ends (LF or CRLF), each with its number from 1.
    package static func split(_ bytes: [UInt8]) -> [(number: Int, bytes: ArraySlice<UInt8>)] {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.enumerated().map { index, line in
            (index + 1, line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
    }

    /// `bytes` without blanks at both ends.
    package static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }

    /// Whether `byte` is white space within or at the end of a line.
    package static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
