/// Bytes of files and names as strings, without loss: a byte that is not part of valid UTF-8 becomes the scalar
/// U+10FF00 + byte (private use) and goes back to that byte.
package enum ByteText {
    private static let base: UInt32 = 0x10FF00

    /// The string that stands for `bytes`.
    package static func string(_ bytes: some Collection<UInt8>) -> String {
        // 0xF4 begins the scalars that stand for bytes: where a text holds one itself, it must not be taken for a byte.
        if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) { return text }
        var scalars = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            if first != 0xF4, let text = String(validating: rest.prefix(length), as: UTF8.self),
                text.unicodeScalars.count == 1
            {
                scalars.append(contentsOf: text.unicodeScalars)
                rest = rest.dropFirst(length)
            } else {
                scalars.append(Unicode.Scalar(base + UInt32(first)) ?? "\u{FFFD}")
                rest = rest.dropFirst()
            }
        }
        return String(scalars)
    }

    /// The bytes that `text` stands for.
    package static func bytes(_ text: String) -> [UInt8] {
        if !text.utf8.contains(0xF4) { return Array(text.utf8) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if let byte = escaped(scalar) { bytes.append(byte) } else { bytes.append(contentsOf: UTF8.encode(scalar)!) }
        }
        return bytes
    }

    /// `text` as people see it: bytes that are not UTF-8 as `\xNN`.
    package static func shown(_ text: String) -> String {
        if !text.utf8.contains(0xF4) { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if let byte = escaped(scalar) {
                shown += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> UInt8? {
        (base + 0x80...base + 0xFF).contains(scalar.value) ? UInt8(scalar.value - base) : nil
    }
}
