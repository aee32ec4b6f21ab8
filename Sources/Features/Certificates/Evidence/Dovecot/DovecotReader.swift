/// Reads what Dovecot's configuration says about certificates: `ssl_cert = </path` (2.3), `ssl_server_cert_file` (2.4).
struct DovecotReader {
    /// Where distributions put the main file.
    static let usualFiles = ["/etc/dovecot/dovecot.conf", "/usr/local/etc/dovecot/dovecot.conf"]

    private let collector: EvidenceCollector
    private var stack: [String] = []
    private var reads = 0
    private var settings: [(file: String, line: DovecotLine, key: String, value: String)] = []
    private var values: [String: [String]] = [:]
    /// The resolved paths of the files that were read.
    private(set) var files: Set<String> = []

    /// Reads the configuration whose main file is `main`.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        var reader = DovecotReader(collector: collector)
        reader.read(main, namedBy: nil)
        if reader.files.isEmpty { return nil }
        for (file, line, key, value) in reader.settings { reader.report(file, line, key, value) }
        return reader.files
    }

    private init(collector: EvidenceCollector) { self.collector = collector }

    private mutating func read(_ path: String, namedBy use: EvidenceCollector.Use?) {
        let resolved = collector.root.resolve(path).resolved
        guard !stack.contains(resolved), stack.count < 32, settings.count < 500_000, reads < 20_000 else {
            return
        }
        reads += 1
        guard let file = collector.read(path, as: .dovecot, namedBy: use) else { return }
        files.insert(resolved)
        stack.append(resolved)
        for line in DovecotParser.parse(file.bytes) {
            switch line.statement {
            case .setting(let key, let value):
                let name = Self.fullName(key, line.blocks)
                values[key, default: []].append(value)
                settings.append((path, line, name, value))
            case .include(let pattern, let isOptional):
                include(pattern, isOptional: isOptional, from: path, line.line)
            }
        }
        stack.removeLast()
    }

    private mutating func include(_ pattern: String, isOptional: Bool, from file: String, _ line: Int) {
        let use = EvidenceCollector.Use(
            .dovecot, file: file, line: line, detail: isOptional ? "!include_try" : "!include", isCertain: !isOptional)
        for pattern in Wildcard.braces(PathText.joined(PathText.folder(file), pattern)) {
            guard Wildcard.isPattern(pattern) else {
                read(pattern, namedBy: use)
                continue
            }
            let found = collector.root.glob(pattern)
            for place in found.unread { collector.cannotRead(unread: place) }
            for match in found.paths { read(match, namedBy: use) }
        }
    }

    /// Since 2.4 `ssl_server { cert_file = x }` means `ssl_server_cert_file = x`.
    private static func fullName(_ key: String, _ blocks: [String]) -> String {
        guard let block = blocks.last, block.hasPrefix("ssl"), !block.contains(" "), !key.hasPrefix("ssl") else {
            return key
        }
        return block + "_" + key
    }

    private func report(_ file: String, _ line: DovecotLine, _ key: String, _ value: String) {
        let key = key.lowercased()
        let value = DovecotParser.unquoted(value)
        let isFileSetting = key.hasSuffix("_file") || key.hasSuffix("_dir")
        guard key.contains("ssl"), isFileSetting || value.hasPrefix("<") else { return }
        let block = line.blocks.isEmpty ? "" : ", in " + line.blocks.map { ByteText.shown($0) }.joined(separator: ", ")
        let use = EvidenceCollector.Use(.dovecot, file: file, line: line.line, detail: key + block)
        let text = value.hasPrefix("<") ? PostfixParser.trimmed(value.dropFirst()) : value
        var budget = 1000
        for path in expand(DovecotParser.unquoted(text), depth: 0, &budget) where !path.isEmpty {
            if path.unicodeScalars.first == PossiblePath.unknown {
                collector.use(path, use)
            } else {
                let full = PathText.joined(PathText.folder(file), path)
                if key.hasSuffix("_dir") { collector.useFolder(full, use) } else { collector.use(full, use) }
            }
        }
    }

    /// `$name` means what `name` was set to; `$ENV:x` and `%{...}` are known to the running server alone.
    private func expand(_ text: String, depth: Int, _ budget: inout Int) -> [String] {
        budget -= 1
        let scalars = Array(text.unicodeScalars)
        guard depth < 8, budget > 0, let start = scalars.firstIndex(where: { $0 == "$" || $0 == "%" }) else {
            return [text]
        }
        var end = start + 1
        let isBraced = end < scalars.count && scalars[end] == "{"
        if isBraced {
            end = scalars[end...].firstIndex(of: "}").map { $0 + 1 } ?? scalars.count
        } else {
            while end < scalars.count,
                scalars[end] == "_" || scalars[end] == ":" || scalars[end].properties.isAlphabetic
            {
                end += 1
            }
        }
        let name = Self.string(scalars[(start + 1)..<end])
        var choices = [PossiblePath.unknownText]
        if scalars[start] == "$", !isBraced, let known = values[name] {
            choices = []
            for value in known { choices += expand(DovecotParser.unquoted(value), depth: depth + 1, &budget) }
        }
        let before = Self.string(scalars[..<start])
        let after = expand(Self.string(scalars[end...]), depth: depth + 1, &budget)
        if choices.count * after.count > 1000 { return [PossiblePath.unknownText] }
        return Array(choices.flatMap { choice in after.map { before + choice + $0 } })
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
