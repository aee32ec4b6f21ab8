import StewardSettings

/// The URL prefix of a zone in its normal form: `/`, `/api`, `/reports/daily`.
package struct ZonePrefix: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The prefix; without a slash at the end, except for `/`.
    package let text: String

    /// The prefix of everything.
    package static let root = ZonePrefix(normal: "/")
    /// The platform's own API, which no zone may take.
    package static let platform = ZonePrefix(normal: "/_platform")

    private init(normal text: String) {
        self.text = text
    }

    /// Reads and normalises a prefix: a slash at the end is dropped, what no request path can match is refused.
    package init(parsing text: String) throws(ValueRefusal) {
        guard text.hasPrefix("/") else { throw ValueRefusal("a zone's prefix begins with '/'; write '/\(text)'") }
        guard !text.contains("?") else { throw ValueRefusal("a zone's prefix holds no '?'") }
        let canonical: CanonicalPath
        do throws(PathRefusal) {
            canonical = try CanonicalPath(text)
        } catch {
            throw ValueRefusal("\"\(text)\" can't be a zone's prefix: \(error.sentence)")
        }
        guard canonical.path == text else {
            throw ValueRefusal("write the prefix without escapes: '\(canonical.path)'")
        }
        let normal = text == "/" ? text : text.hasSuffix("/") ? String(text.dropLast()) : text
        self.init(normal: normal)
        guard !Self.platform.covers(normal) else {
            throw ValueRefusal("'\(Self.platform)' belongs to the platform's own API; choose another prefix")
        }
    }

    /// Whether `path` is the prefix itself or lies below it, on a segment's border.
    package func covers(_ path: String) -> Bool {
        let prefix = text.utf8
        if prefix.count == 1 { return true }
        guard path.utf8.count >= prefix.count else { return false }
        let isCovered = path.utf8.withContiguousStorageIfAvailable { bytes in
            prefix.withContiguousStorageIfAvailable { prefix in
                bytes.starts(with: prefix)
                    && (bytes.count == prefix.count || bytes[prefix.count] == UInt8(ascii: "/"))
            } ?? false
        }
        return isCovered ?? (path == text || path.hasPrefix(text + "/"))
    }

    /// What follows the prefix in a path that it covers: begins with `/`, or is empty.
    package func rest(of path: String) -> Substring {
        text.utf8.count == 1 ? path[...] : Substring(path.utf8.dropFirst(text.utf8.count))
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package var description: String { text }
}

extension ValueKind where Value == ZonePrefix {
    /// A zone's prefix.
    package static var zonePrefix: ValueKind {
        .scalar("prefix", format: \.text) { text throws(ValueRefusal) in try ZonePrefix(parsing: text) }
    }
}
