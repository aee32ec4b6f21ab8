import Glibc

/// Hides values of known secrets wherever they stand in a text: as they are, line by line, as a URL or a literal of a
/// program writes them. Costs nothing where there are none.
package struct SecretValues: Hashable, Sendable {
    /// The fewest bytes of a line of a secret that is hidden by itself.
    package static let shortest = 6

    private let patterns: [[UInt8]]

    /// Hides these values.
    package init(_ values: some Sequence<String> = EmptyCollection<String>()) {
        var found: Set<[UInt8]> = []
        for value in values {
            let lines = value.split(whereSeparator: \.isNewline).map(String.init)
            for text in [value] + lines where text.utf8.count >= Self.shortest {
                found.formUnion(Self.forms(of: text))
            }
        }
        // The longest first: a value within another must not leave the rest of it.
        patterns = found.sorted { ($1.count, $1[0]) < ($0.count, $0[0]) }
    }

    /// Whether there is nothing to hide.
    package var isEmpty: Bool { patterns.isEmpty }

    /// The text with each value replaced; the same where it holds none.
    package func hide(in text: String) -> String {
        guard !patterns.isEmpty else { return text }
        var text = text
        return text.withUTF8 { bytes -> String? in
            guard patterns.contains(where: { Self.find($0, in: bytes[...]) != nil }) else { return nil }
            return String(decoding: replaced(bytes), as: UTF8.self)
        } ?? text
    }

    private func replaced(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result = [UInt8](bytes)
        for pattern in patterns {
            var rest = result
            var made: [UInt8] = []
            while let place = rest.withUnsafeBufferPointer({ Self.find(pattern, in: $0[...]) }) {
                made += rest[..<place] + SecretMask.stars.utf8
                rest = [UInt8](rest[(place + pattern.count)...])
            }
            result = made + rest
        }
        return result
    }

    private static func find(_ pattern: [UInt8], in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard let start = bytes.base.baseAddress else { return nil }
        var offset = 0
        while bytes.count - offset >= pattern.count {
            let length = bytes.count - offset - pattern.count + 1
            guard let first = memchr(start + offset, Int32(pattern[0]), length) else { return nil }
            offset = UnsafeRawPointer(first) - UnsafeRawPointer(start)
            if memcmp(first, pattern, pattern.count) == 0 { return offset }
            offset += 1
        }
        return nil
    }

    /// The ways in which programs write a text: bare, percent-encoded, with backslashes as JSON and Python have them.
    private static func forms(of text: String) -> Set<[UInt8]> {
        var forms: Set<[UInt8]> = [Array(text.utf8)]
        for isUpper in [true, false] {
            for space in ["%20", "+"] { forms.insert(percentEncoded(text, isUpper: isUpper, space: space)) }
        }
        for quote in ["\"", "'"] { forms.insert(escaped(text, quote: quote)) }
        return forms
    }

    private static func percentEncoded(_ text: String, isUpper: Bool, space: String) -> [UInt8] {
        text.utf8.flatMap { byte -> [UInt8] in
            let isLetter = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & ~0x20)
            if isLetter || Array("-._~".utf8).contains(byte) { return [byte] }
            if byte == 0x20 { return Array(space.utf8) }
            let digits = String(byte, radix: 16, uppercase: isUpper)
            return Array(("%" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8)
        }
    }

    private static func escaped(_ text: String, quote: String) -> [UInt8] {
        text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\\"): Array("\\\\".utf8)
            case UInt8(ascii: "\n"): Array("\\n".utf8)
            case UInt8(ascii: "\r"): Array("\\r".utf8)
            case UInt8(ascii: "\t"): Array("\\t".utf8)
            case quote.utf8.first!: [UInt8(ascii: "\\"), byte]
            default: [byte]
            }
        }
    }
}
