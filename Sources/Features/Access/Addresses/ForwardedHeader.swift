/// Reads the `for` parameters of `Forwarded` headers (RFC 7239, section 4):
/// `for=192.0.2.60;proto=http, for="[2001:db8:cafe::17]:4711"`.
enum ForwardedHeader {
    /// One entry for each forwarded-element from left to right; nil where the element has no usable address
    /// (obfuscated, `unknown`, no or several `for`, or not of the header's grammar). A line that is cut within
    /// a quoted string is one bad element.
    static func forEntries(_ lines: [String]) -> [IPAddress?] {
        lines.flatMap { line -> [IPAddress?] in
            guard let elements = split(Array(line.utf8)) else { return [nil] }
            return elements.map(address)
        }
    }

    private struct Pair {
        var name: String
        var value: String
    }

    /// Elements with their pairs; an element that breaks the grammar is nil. Nil if a quote never closes.
    private static func split(_ bytes: [UInt8]) -> [[Pair]?]? {
        var elements: [[Pair]?] = []
        for element in pieces(bytes[...], at: UInt8(ascii: ",")) {
            guard let element else { return nil }
            var pairs: [Pair]? = []
            for piece in pieces(element, at: UInt8(ascii: ";")) {
                guard let piece, let pair = pair(piece) else {
                    pairs = nil
                    break
                }
                pairs?.append(pair)
            }
            elements.append(pairs)
        }
        return elements
    }

    /// Splits outside quoted strings; a last nil says that a quote never closed.
    private static func pieces(_ bytes: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>?] {
        var result: [ArraySlice<UInt8>?] = []
        var start = bytes.startIndex
        var index = start
        var isQuoted = false
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case separator where !isQuoted:
                result.append(bytes[start..<index])
                start = index + 1
            default: break
            }
            index += 1
        }
        result.append(isQuoted ? nil : bytes[start...])
        return result
    }

    /// By bytes: as text, a quote and a mark that combines with it would be one character.
    private static func pair(_ bytes: ArraySlice<UInt8>) -> Pair? {
        let text = trimmed(bytes)
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let value = text[(equals + 1)...]
        guard isToken(text[..<equals]) else { return nil }
        let name = String(decoding: text[..<equals], as: UTF8.self).lowercased()
        if value.first != UInt8(ascii: "\"") {
            return isToken(value) ? Pair(name: name, value: String(decoding: value, as: UTF8.self)) : nil
        }
        return unquote(Array(value)).map { Pair(name: name, value: $0) }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
        let text = bytes.drop(while: isBlank)
        return text[..<((text.lastIndex { !isBlank($0) } ?? text.startIndex - 1) + 1)]
    }

    private static func unquote(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 2, bytes.last == UInt8(ascii: "\"") else { return nil }
        var result: [UInt8] = []
        var index = 1
        while index < bytes.count - 1 {
            let isEscape = bytes[index] == UInt8(ascii: "\\")
            if isEscape { index += 1 }
            guard index < bytes.count - 1, isEscape || bytes[index] != UInt8(ascii: "\"") else { return nil }
            result.append(bytes[index])
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty
            && text.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// RFC 7239, section 6: IPv6 addresses and ports only within quotes, IPv6 only within brackets.
    private static func address(_ pairs: [Pair]?) -> IPAddress? {
        guard let pairs else { return nil }
        let nodes = pairs.filter { $0.name == "for" }
        guard nodes.count == 1, let node = nodes.first else { return nil }
        guard node.value.hasPrefix("[") || node.value.count(where: { $0 == ":" }) <= 1 else { return nil }
        return ClientAddress.node(node.value[...])
    }
}
