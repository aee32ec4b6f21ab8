import Crypto

/// One table of `tls_server_sni_maps` (postconf(5), DATABASE_README).
package enum PostfixMap: Hashable, Sendable {
    /// A file of `key value` lines, perhaps beside a compiled one: the type and the path.
    case text(type: String, path: String)
    /// `inline:{ key = value, { key = value } }`.
    case inline([Entry])
    /// `static:value`.
    case constant(String)
    /// A kind that can't be read here, as written.
    case other(String)

    /// A key and its value.
    package struct Entry: Hashable, Sendable {
        /// The name that is asked for, or a pattern.
        package var key: String
        /// Names of files.
        package var value: String
    }

    /// Endings of compiled tables by type.
    package static let compiledSuffixes = [
        "hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag", "sdbm": ".pag",
    ]

    /// The tables of a value: separated by commas and blanks outside braces.
    package static func list(_ text: String) -> [PostfixMap] { elements(text).flatMap { table($0, depth: 0) } }

    private static func table(_ text: String, depth: Int) -> [PostfixMap] {
        guard depth < 8, let colon = text.firstIndex(of: ":") else { return [.other(text)] }
        let type = String(text[..<colon])
        let rest = String(text[text.index(after: colon)...])
        switch type {
        case "proxy": return table(rest, depth: depth + 1)
        case "unionmap", "pipemap": return elements(unbraced(rest)).flatMap { table($0, depth: depth + 1) }
        case "inline": return [.inline(elements(unbraced(rest)).compactMap(entry))]
        case "static": return [.constant(unbraced(rest))]
        case "texthash", "regexp", "pcre", "cidr": return [.text(type: type, path: rest)]
        default: return compiledSuffixes[type] == nil ? [.other(text)] : [.text(type: type, path: rest)]
        }
    }

    private static func entry(_ text: String) -> Entry? {
        let text = unbraced(text)
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return Entry(
            key: PostfixParser.trimmed(text[..<equals]),
            value: PostfixParser.trimmed(text[text.index(after: equals)...]))
    }

    private static func unbraced(_ text: String) -> String {
        let text = PostfixParser.trimmed(text)
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count > 1 else { return text }
        return PostfixParser.trimmed(text.dropFirst().dropLast())
    }

    /// What commas and blanks outside braces separate; `name = value` stays together around its `=`.
    private static func elements(_ text: String) -> [String] {
        var elements: [String] = []
        var current = String.UnicodeScalarView()
        var depth = 0
        for scalar in text.unicodeScalars {
            if scalar == "{" { depth += 1 }
            if scalar == "}" { depth -= 1 }
            if depth == 0, scalar == "," || scalar.properties.isWhitespace {
                if !current.isEmpty { elements.append(String(current)) }
                current = String.UnicodeScalarView()
            } else {
                current.append(scalar)
            }
        }
        if !current.isEmpty { elements.append(String(current)) }
        return elements
    }

    /// The entries of a source file: the first word is the key, the rest the value; lines that begin with white space
    /// continue.
    package static func entries(_ bytes: [UInt8]) -> [(key: String, value: String, line: Int)] {
        var entries: [(key: String, value: String, line: Int)] = []
        for (number, line) in Lines.split(bytes) {
            let text = Lines.trimmed(line)
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            if let start = line.first, Lines.isBlank(start), !entries.isEmpty {
                entries[entries.count - 1].value += " " + ByteText.string(text)
                continue
            }
            let key = text.prefix { !Lines.isBlank($0) }
            let value = Lines.trimmed(text.dropFirst(key.count))
            entries.append((ByteText.string(key), ByteText.string(value), number))
        }
        return entries
    }

    /// The certificates in a compiled value: base64 of a file in PEM (RFC 7468), as `postmap -F` stores it.
    package static func certificates(_ value: [UInt8]) -> [Evidence.Target] {
        guard let data = Base64.decode(value) else { return [] }
        let text = ByteText.string(data)
        let begin = "-----BEGIN CERTIFICATE-----"
        var targets: [Evidence.Target] = []
        var rest = text[...]
        while let start = rest.firstRange(of: begin), let end = rest[start.upperBound...].firstRange(of: "-----END") {
            let body = rest[start.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
            if let der = Base64.decode(Array(body.utf8)) {
                targets.append(.fingerprint(Fingerprint(Array(SHA256.hash(data: der)))))
            }
            rest = rest[end.upperBound...]
        }
        return targets
    }
}
