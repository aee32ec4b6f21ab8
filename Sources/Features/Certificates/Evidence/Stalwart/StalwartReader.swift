/// Reads what Stalwart's configuration file says about certificates: `certificate.NAME.cert = "%{file:/path}%"`
/// (stalw.art/docs/server/tls/certificates).
enum StalwartReader {
    /// Where packages and containers put the file.
    static let usualFiles = [
        "/opt/stalwart/etc/config.toml", "/opt/stalwart-mail/etc/config.toml", "/etc/stalwart/config.toml",
        "/etc/stalwart-mail/config.toml", "/opt/stalwart-smtp/etc/config.toml",
    ]

    /// Reads the configuration file `main`.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        guard let file = collector.read(main, as: .stalwart) else { return nil }
        for entry in references(file.bytes) {
            let use = EvidenceCollector.Use(.stalwart, file: main, line: entry.line, detail: entry.key)
            collector.use(entry.path, use)
        }
        return [file.resolved]
    }

    /// Every `%{file:PATH}%` outside comments, with the key that it stands behind.
    static func references(_ bytes: [UInt8]) -> [(key: String, path: String, line: Int)] {
        var found: [(String, String, Int)] = []
        var section = ""
        for (number, line) in Lines.split(bytes) {
            let text = ByteText.string(Lines.trimmed(line))
            if text.hasPrefix("#") { continue }
            if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
                section = text[..<close].drop { $0 == "[" } + "."
            }
            let key = text.firstIndex(of: "=").map { PostfixParser.trimmed(text[..<$0]) } ?? ""
            var rest = text[...]
            while let open = rest.firstRange(of: "%{file:") {
                let end = rest[open.upperBound...].firstRange(of: "}%")
                let path = rest[open.upperBound..<(end?.lowerBound ?? rest.endIndex)]
                found.append((section + key, expanded(String(path)), number))
                rest = end.map { rest[$0.upperBound...] } ?? ""
            }
        }
        return found
    }

    /// Variables within a path are known to the running server alone.
    private static func expanded(_ path: String) -> String {
        guard let open = path.firstRange(of: "%{") else { return path }
        return String(path[..<open.lowerBound]) + PossiblePath.unknownText
    }
}
