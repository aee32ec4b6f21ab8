/// A request target (RFC 9112, section 3.2) decided once: every later step (zone, access, route, script, log)
/// uses this path and no other reading of the target.
///
/// The path is decoded, valid UTF-8, begins with `/`, and no segment is empty, `.` or `..`; it holds no NUL,
/// control character or backslash. A slash at the end stays. What would need another reading is refused.
package struct CanonicalPath: Hashable, Sendable {
    /// The decoded path; `*` for the asterisk-form.
    package let path: String
    /// What follows `?`, as sent; nil without a `?`.
    package let query: String?
    /// Host and port of an absolute-form target, which overrides the Host field (RFC 9112, section 3.2.2).
    package let authority: String?

    /// Whether the target is `*` (RFC 9112, section 3.2.4): OPTIONS for the server as a whole.
    package var isServerWide: Bool { path == "*" }

    /// Decides `target`. `isOptions` allows the asterisk-form.
    package init(_ target: String, isOptions: Bool = false) throws(PathRefusal) {
        var copy = target
        let result = copy.withUTF8 { bytes in
            Result { () throws(PathRefusal) in try CanonicalPath(bytes: bytes, isOptions: isOptions) }
        }
        self = try result.get()
    }

    /// Decides the target's bytes. Plain ASCII paths are checked in one pass and copied once.
    package init(bytes: UnsafeBufferPointer<UInt8>, isOptions: Bool = false) throws(PathRefusal) {
        guard let first = bytes.first else { throw .empty }
        guard first == UInt8(ascii: "/") else {
            self = try Self.otherForm(bytes, isOptions: isOptions)
            return
        }
        try self.init(origin: bytes, authority: nil)
    }

    private init(origin bytes: UnsafeBufferPointer<UInt8>, authority: String?) throws(PathRefusal) {
        let scan = try PathScan(bytes)
        let raw = UnsafeBufferPointer(rebasing: bytes[..<scan.pathEnd])
        path = scan.isPlain ? String(decoding: raw, as: UTF8.self) : try PathDecoder.decode(raw)
        query =
            scan.pathEnd < bytes.count
            ? try Self.query(UnsafeBufferPointer(rebasing: bytes[(scan.pathEnd + 1)...])) : nil
        self.authority = authority
    }

    private init(serverWide: Void) {
        path = "*"
        query = nil
        authority = nil
    }

    private static func otherForm(
        _ bytes: UnsafeBufferPointer<UInt8>, isOptions: Bool
    ) throws(PathRefusal) -> CanonicalPath {
        if isOptions, bytes.count == 1, bytes[0] == UInt8(ascii: "*") { return CanonicalPath(serverWide: ()) }
        guard let start = schemeEnd(bytes) else { throw .notAPath }
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") {
            switch bytes[end] {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: break
            default: guard "-._~:[]".utf8.contains(bytes[end]) else { throw .notAPath }
            }
            end += 1
        }
        guard end > start else { throw .notAPath }
        let authority = String(decoding: bytes[start..<end], as: UTF8.self)
        guard end < bytes.count else { return try CanonicalPath(root: nil, authority: authority) }
        let rest = UnsafeBufferPointer(rebasing: bytes[end...])
        if rest[0] == UInt8(ascii: "?") {
            return try CanonicalPath(root: UnsafeBufferPointer(rebasing: rest[1...]), authority: authority)
        }
        return try CanonicalPath(origin: rest, authority: authority)
    }

    private init(root query: UnsafeBufferPointer<UInt8>?, authority: String) throws(PathRefusal) {
        path = "/"
        self.query = if let query { try Self.query(query) } else { nil }
        self.authority = authority
    }

    /// The index behind `http://` or `https://`, in any case.
    private static func schemeEnd(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for scheme in ["http://", "https://"] where bytes.count >= scheme.utf8.count {
            if zip(bytes, scheme.utf8).allSatisfy({ $0 == $1 || $0 >= 0x41 && $0 | 0x20 == $1 }) {
                return scheme.utf8.count
            }
        }
        return nil
    }

    /// Refuses what has no place in a query; escapes stay as they are.
    private static func query(_ bytes: UnsafeBufferPointer<UInt8>) throws(PathRefusal) -> String {
        var isASCII = true
        for byte in bytes {
            switch byte {
            case 0..<0x20, 0x7f: throw .controlCharacter
            case 0x20: throw .space
            case UInt8(ascii: "#"): throw .fragment
            case 0x80...: isASCII = false
            default: break
            }
        }
        if isASCII { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badText }
        return text
    }
}

/// The first pass over an origin-form target: where the path ends, and whether it needs decoding.
private struct PathScan {
    /// The index of `?`, or the end.
    var pathEnd: Int
    /// Whether the path is ASCII without escapes, and so already canonical.
    var isPlain = true

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(PathRefusal) {
        pathEnd = bytes.count
        // How many dots the current segment has, if it has nothing else; a large number otherwise.
        var dots = 0
        var segmentStart = 1
        var index = 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "/"):
                if index == segmentStart { throw .emptySegment }
                if dots == 1 || dots == 2, dots == index - segmentStart { throw .dotSegment }
                (segmentStart, dots) = (index + 1, 0)
            case UInt8(ascii: "."): dots += 1
            case UInt8(ascii: "?"):
                pathEnd = index
                index = bytes.count
            case UInt8(ascii: "%"), 0x80...: isPlain = false
            case 0..<0x20, 0x7f: throw .controlCharacter
            case 0x20: throw .space
            case UInt8(ascii: "#"): throw .fragment
            case UInt8(ascii: "\\"): throw .backslash
            default: break
            }
            index += 1
        }
        if dots == 1 || dots == 2, dots == pathEnd - segmentStart { throw .dotSegment }
    }
}

/// The slow path: escapes and non-ASCII text.
private enum PathDecoder {
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws(PathRefusal) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = hex(bytes[index + 1]), let low = hex(bytes[index + 2]) else {
                throw .badEscape
            }
            switch high << 4 | low {
            case UInt8(ascii: "/"): throw .encodedSlash
            case UInt8(ascii: "\\"): throw .backslash
            case 0..<0x20, 0x7f: throw .controlCharacter
            case let byte: decoded.append(byte)
            }
            index += 3
        }
        try refuseDotSegments(decoded)
        try refuseSecondEncoding(decoded)
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .badText }
        // C1 controls drive terminals just as C0 does.
        if text.unicodeScalars.contains(where: { (0x80...0x9f).contains($0.value) }) { throw .controlCharacter }
        return text
    }

    private static func refuseDotSegments(_ path: [UInt8]) throws(PathRefusal) {
        for segment in path.split(separator: UInt8(ascii: "/")) {
            if segment.count <= 2, segment.allSatisfy({ $0 == UInt8(ascii: ".") }) { throw .dotSegment }
        }
    }

    /// A script or proxy behind that decodes on, however often, must not find what was refused here. Escapes within
    /// escapes can be undone in any order, so one pass does it: whatever ends in a whole escape shrinks at once.
    private static func refuseSecondEncoding(_ path: [UInt8]) throws(PathRefusal) {
        guard let percent = path.firstIndex(of: UInt8(ascii: "%")) else { return }
        var undone: [UInt8] = []
        for byte in path[percent...] {
            undone.append(byte)
            while undone.count >= 3, undone[undone.count - 3] == UInt8(ascii: "%"),
                let high = hex(undone[undone.count - 2]), let low = hex(undone[undone.count - 1])
            {
                undone.removeLast(3)
                switch high << 4 | low {
                case 0, UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "\\"): throw .encodedTwice
                case let decoded: undone.append(decoded)
                }
            }
        }
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
