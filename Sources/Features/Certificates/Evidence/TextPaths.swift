/// Absolute paths in text of which no grammar is known.
enum TextPaths {
    /// The absolute paths in `line`: what begins with a slash that doesn't follow a word, up to a blank, a quote or a
    /// bracket. Wildcards stay in it.
    static func absolute(in line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var paths: [ArraySlice<UInt8>] = []
        var rest = line
        while let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
            let path = rest[slash...].prefix { !endsPath($0) }
            let isStart = slash == line.startIndex || !isWord(line[slash - 1])
            // Two slashes begin the address of a URL.
            if isStart, path.count > 1, path[slash + 1] != UInt8(ascii: "/") { paths.append(path) }
            rest = rest[(slash + path.count)...]
        }
        return paths
    }

    /// Whether `byte` can be part of a name.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }

    private static func endsPath(_ byte: UInt8) -> Bool {
        byte <= 0x20 || "\"'`;,<>(){}[]|&=:".utf8.contains(byte)
    }

    /// Whether `path` looks like a certificate or key by its ending.
    static func looksLikeCertificate(_ path: String) -> Bool {
        [".pem", ".crt", ".key", ".cer", ".cert", ".p12", ".pfx", ".jks"].contains { path.hasSuffix($0) }
    }
}
