/// A file's name: bytes, as Linux has it, which need not be UTF-8.
struct FileName: Hashable, Sendable, Comparable {
    /// The bytes, without slashes.
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
    init(_ text: String) { bytes = Array(text.utf8) }

    /// The name as it can be shown: bytes that are not UTF-8 and control characters as `\xNN`.
    var text: String { Self.shown(bytes) }

    /// Whether `text` is the name itself.
    var isPlain: Bool { Self.isPlain(bytes[...]) }

    // An array hashes byte by byte.
    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }

    static func < (one: Self, other: Self) -> Bool { one.bytes.lexicographicallyPrecedes(other.bytes) }

    func hasSuffix(_ suffix: String) -> Bool {
        suffix.utf8.count <= bytes.count && bytes[(bytes.count - suffix.utf8.count)...].elementsEqual(suffix.utf8)
    }

    /// Runs `body` with the name as the system calls take it.
    func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { Self.withPath(bytes, body) }

    static func withPath<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            for (index, byte) in bytes.enumerated() { buffer.initializeElement(at: index, to: CChar(bitPattern: byte)) }
            buffer.initializeElement(at: bytes.count, to: 0)
            return body(UnsafePointer(buffer.baseAddress!))
        }
    }

    private static func isPlain(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
            || !bytes.contains { $0 < 0x20 || $0 == 0x7F } && String(validating: bytes, as: UTF8.self) != nil
    }

    /// Any bytes as they can be shown, slashes included.
    static func shown(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        if isPlain(bytes[...]) { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        var rest = bytes[...]
        while let first = rest.first {
            let width = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            let piece = rest.prefix(width)
            if isPlain(piece) {
                text += String(decoding: piece, as: UTF8.self)
                rest = rest.dropFirst(width)
            } else {
                let digits = Array("0123456789abcdef")
                text += "\\x" + String(digits[Int(first >> 4)]) + String(digits[Int(first & 15)])
                rest = rest.dropFirst()
            }
        }
        return text
    }
}
