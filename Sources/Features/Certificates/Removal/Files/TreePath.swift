/// A path beneath a tree's folder: bytes, as Linux has it, without a leading slash, `.` or `..`.
package struct TreePath: Hashable, Sendable, Comparable {
    /// The bytes.
    package let bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    init(_ path: String) { bytes = Array(path.utf8) }

    /// Without the last component; empty for a name directly in the tree.
    var parent: TreePath {
        TreePath(bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[..<$0] } ?? [])
    }

    /// The last component.
    var last: TreePath { TreePath(bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]) }

    /// The first two components, `live/NAME`: one thing that moves as a whole.
    var root: TreePath { TreePath(bytes.split(separator: UInt8(ascii: "/")).prefix(2).joined(separator: [47])) }

    /// `name` beneath this path.
    func appending(_ name: [UInt8]) -> TreePath { TreePath(bytes.isEmpty ? name : bytes + [UInt8(ascii: "/")] + name) }

    /// Whether it can only mean something beneath the folder that it starts from.
    var isConfined: Bool {
        !bytes.isEmpty && !bytes.contains(0)
            && bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && Array($0) != [46] && Array($0) != [46, 46] }
    }

    package static func < (one: Self, other: Self) -> Bool { one.bytes.lexicographicallyPrecedes(other.bytes) }

    /// Runs `body` with the path as system calls take it.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            for (index, byte) in bytes.enumerated() { buffer.initializeElement(at: index, to: CChar(bitPattern: byte)) }
            buffer.initializeElement(at: bytes.count, to: 0)
            guard let base = buffer.baseAddress else { preconditionFailure("a buffer of one byte or more") }
            return body(UnsafePointer(base))
        }
    }
}

extension TreePath: Codable, CustomStringConvertible {
    /// As text that gives the same bytes back: backslashes, control characters and what is not UTF-8 as `\xNN`.
    package var description: String { Self.shown(bytes, escapingBackslashes: true) }

    /// From such text; nil where an escape is not complete.
    package init?(text: String) {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let first = rest.popFirst() {
            guard first == UInt8(ascii: "\\") else {
                bytes.append(first)
                continue
            }
            guard rest.first == UInt8(ascii: "x"), rest.count >= 3,
                let byte = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(3)
        }
        self.bytes = bytes
    }

    /// From text in JSON.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let path = TreePath(text: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an escaped path")
        }
        self = path
    }

    /// As text in JSON.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Bytes as lineages' names show them: what is no text as `\xNN`.
    static func shown(_ bytes: some Collection<UInt8>, escapingBackslashes: Bool = false) -> String {
        var text = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
        while let first = rest.first {
            let width = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            let isBackslash = first == UInt8(ascii: "\\") && escapingBackslashes
            if first >= 0x20, first != 0x7F, !isBackslash,
                let piece = String(validating: rest.prefix(width), as: UTF8.self)
            {
                text.append(contentsOf: piece.unicodeScalars)
                rest = rest.dropFirst(width)
            } else {
                let digits = Array("0123456789abcdef".unicodeScalars)
                text.append(contentsOf: ["\\", "x", digits[Int(first >> 4)], digits[Int(first & 15)]])
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }
}
