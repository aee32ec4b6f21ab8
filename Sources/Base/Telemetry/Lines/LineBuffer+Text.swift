/// The readable form for a terminal. What a caller sent must not be able to move the cursor or forge
/// a line, so control characters are shown as `\xNN`.
extension LineBuffer {
    /// The colours that the readable form uses, always beside a word that says the same.
    package enum Colour: Sendable {
        case red, yellow, green, cyan, dim
    }

    /// Appends ` name=value`.
    package mutating func label(_ name: StaticString, _ value: String) {
        append(UInt8(ascii: " "))
        append(name)
        append(UInt8(ascii: "="))
        appendText(value.isEmpty ? "-" : value)
    }

    /// Appends text on one line: every control character, line feeds too, is written as an escape.
    package mutating func appendText(_ value: String) {
        appendText(value, indent: nil)
    }

    /// Appends text that may have several lines: those after the first are indented by four spaces, so
    /// that none of them can look like a line of its own.
    package mutating func appendParagraph(_ value: String) {
        appendText(value, indent: "\n    ")
    }

    private mutating func appendText(_ value: String, indent: StaticString?) {
        withUTF8(of: value) { buffer, bytes in
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte == 0x0a, let indent {
                    if index + 1 < bytes.count { buffer.append(indent) }
                } else if byte == 0x09, indent != nil {
                    buffer.append(byte)
                } else if byte < 0x20 || byte == 0x7f {
                    buffer.appendEscape(text: byte)
                } else if byte == 0xc2, index + 1 < bytes.count, bytes[index + 1] < 0xa0 {
                    // U+0080 to U+009F: C1 controls, among them CSI, which some terminals obey.
                    index += 1
                    buffer.appendEscape(text: bytes[index])
                } else {
                    buffer.append(byte)
                }
                index += 1
            }
        }
    }

    private mutating func appendEscape(text byte: UInt8) {
        switch byte {
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0d: append("\\r")
        default:
            append("\\x")
            append(Self.hex(byte >> 4))
            append(Self.hex(byte & 0xf))
        }
    }

    /// Runs `body` between the escape sequences of `colour`, or alone when `colour` is nil.
    package mutating func coloured(_ colour: Colour?, _ body: (inout LineBuffer) -> Void) {
        switch colour {
        case .red: append("\u{1b}[31m")
        case .yellow: append("\u{1b}[33m")
        case .green: append("\u{1b}[32m")
        case .cyan: append("\u{1b}[36m")
        case .dim: append("\u{1b}[2m")
        case nil: break
        }
        body(&self)
        if colour != nil { append("\u{1b}[0m") }
    }
}
