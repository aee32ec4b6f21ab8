/// Reads what Caddy's configuration says about certificates: `tls CERT KEY` and the like in a Caddyfile, any path in
/// its JSON.
struct CaddyReader {
    /// The main files of packages and of Caddy itself; the last is what it runs with, if it keeps that.
    static let usualFiles = [
        "/etc/caddy/Caddyfile", "/etc/caddy/caddy.json", "/etc/caddy/config.json",
        "/var/lib/caddy/.config/caddy/autosave.json",
    ]
    private static let fileWords: Set<String> = [
        "trusted_ca_cert_file", "trusted_leaf_cert_file", "trusted_ca_certs", "pem_file", "tls_client_auth",
        "tls_trusted_ca_certs", "root_ca_file",
    ]
    private static let folderWords: Set<String> = ["load", "load_folders", "folder"]

    private let collector: EvidenceCollector
    private let environment: [String: String]
    private var snippets: [String: (file: String, lines: [CaddyLine])] = [:]
    private var stack: [String] = []
    private var runs = 0
    private(set) var files: Set<String> = []

    /// Reads the configuration whose main file is `main`.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        var environment: [String: String] = [:]
        for path in ["/etc/default/caddy", "/etc/caddy/.env", "/etc/caddy/caddy.env"] {
            if case .success(let bytes) = collector.root.read(path) {
                environment.merge(ApacheVariables.shellVariables(bytes)) { $1 }
            }
        }
        var reader = CaddyReader(collector: collector, environment: environment)
        if main.hasSuffix(".json") { reader.readJSON(main) } else { reader.read(main, namedBy: nil, arguments: []) }
        return reader.files.isEmpty ? nil : reader.files
    }

    private init(collector: EvidenceCollector, environment: [String: String]) {
        self.collector = collector
        self.environment = environment
    }

    private mutating func readJSON(_ path: String) {
        guard let file = collector.read(path, as: .caddy) else { return }
        files.insert(file.resolved)
        for (number, line) in Lines.split(file.bytes) {
            for value in TextPaths.absolute(in: line).map({ ByteText.string($0) })
            where TextPaths.looksLikeCertificate(value) {
                let use = EvidenceCollector.Use(.caddy, file: path, line: number, detail: "JSON", isCertain: false)
                collector.use(value, use)
            }
        }
    }

    private mutating func read(_ path: String, namedBy use: EvidenceCollector.Use?, arguments: [String]) {
        let resolved = collector.root.resolve(path).resolved
        guard !stack.contains(resolved), stack.count < 16, runs < 10_000 else { return }
        runs += 1
        guard let file = collector.read(path, as: .caddy, namedBy: use) else { return }
        files.insert(resolved)
        stack.append(resolved)
        run(CaddyParser.parse(file.bytes), in: path, arguments: arguments)
        stack.removeLast()
    }

    private mutating func run(_ lines: [CaddyLine], in file: String, arguments: [String]) {
        var index = 0
        while index < lines.count {
            let line = lines[index]
            index += 1
            if let name = line.words.first, name.hasPrefix("("), name.hasSuffix(")") {
                let end = endOfBlock(lines, from: index - 1)
                snippets[String(name.dropFirst().dropLast())] = (file, Array(lines[index..<end]))
                index = end
                continue
            }
            apply(line, in: file, arguments: arguments)
        }
    }

    /// The index of the line that closes the block which the line at `start` opens.
    private func endOfBlock(_ lines: [CaddyLine], from start: Int) -> Int {
        var depth = 0
        for index in start..<lines.count {
            depth += lines[index].words.count { $0 == "{" } - lines[index].words.count { $0 == "}" }
            if depth <= 0 { return max(index, start + 1) }
        }
        return lines.count
    }

    private mutating func apply(_ line: CaddyLine, in file: String, arguments: [String]) {
        let words = line.words.filter { $0 != "{" && $0 != "}" }.map {
            CaddyParser.expand($0, environment, arguments: arguments)
        }
        guard let name = words.first else { return }
        let values = Array(words.dropFirst())
        if name == "import", let target = values.first {
            return importTarget(target, Array(values.dropFirst()), in: file, line.line)
        }
        // `example.com { tls cert key }` may stand on one line.
        if let at = words.firstIndex(of: "tls"), words.count > at + 2 {
            for path in words[(at + 1)...(at + 2)] { use(path, "tls", in: file, line.line) }
        }
        if Self.fileWords.contains(name) {
            for path in values where path.contains("/") { use(path, name, in: file, line.line) }
        }
        if Self.folderWords.contains(name) {
            for path in values where path.contains("/") { use(path, name, in: file, line.line, isFolder: true) }
        }
    }

    private func use(_ path: String, _ detail: String, in file: String, _ line: Int, isFolder: Bool = false) {
        let use = EvidenceCollector.Use(.caddy, file: file, line: line, detail: detail)
        let isUnknown = path.unicodeScalars.first == PossiblePath.unknown
        let full = isUnknown ? path : PathText.joined(PathText.folder(file), path)
        if isFolder, !PossiblePath.isUnknown(full) {
            collector.useFolder(full, use, depth: 16)
        } else {
            collector.use(full, use)
        }
    }

    /// A snippet, a file or a pattern of files.
    private mutating func importTarget(_ target: String, _ arguments: [String], in file: String, _ line: Int) {
        if let snippet = snippets[target] {
            guard runs < 10_000, stack.count < 64 else { return }
            runs += 1
            stack.append("(\(target))")
            if stack.count(where: { $0 == "(\(target))" }) < 8 {
                run(snippet.lines, in: snippet.file, arguments: arguments)
            }
            stack.removeLast()
            return
        }
        let use = EvidenceCollector.Use(.caddy, file: file, line: line, detail: "import")
        let path = PathText.joined(PathText.folder(file), target)
        guard Wildcard.isPattern(path) || PossiblePath.isUnknown(path) else {
            return read(path, namedBy: use, arguments: arguments)
        }
        let found = collector.root.glob(PossiblePath.isUnknown(path) ? PossiblePath.glob(path) : path)
        for place in found.unread { collector.cannotRead(unread: place) }
        for match in found.paths { read(match, namedBy: use, arguments: arguments) }
    }
}
