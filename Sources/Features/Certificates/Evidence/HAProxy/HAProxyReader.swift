/// Reads what HAProxy's configuration says about certificates: `crt`, `crt-list`, `ca-file`, `crt-store`.
struct HAProxyReader {
    /// The usual main file.
    static let usualFiles = ["/etc/haproxy/haproxy.cfg", "/usr/local/etc/haproxy/haproxy.cfg"]
    /// Files beside a certificate that belong to it: `site.pem.key`, `site.pem.ocsp`, one for each kind of key.
    private static let siblings = [".key", ".ocsp", ".issuer", ".sctl", ".rsa", ".ecdsa", ".dsa"]

    private let collector: EvidenceCollector
    private var environment: [String: String]
    private var bases: [String: String] = [:]
    /// In a `crt-store` section, its own bases.
    private var storeBases: [String: String]?
    /// Open `.if` blocks.
    private var conditions = 0
    private var file = ""
    private(set) var files: Set<String> = []

    /// Reads `main` and the files of `conf.d` beside it, which services read with `-f`.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        var environment: [String: String] = [:]
        if case .success(let bytes) = collector.root.read("/etc/default/haproxy") {
            environment = ApacheVariables.shellVariables(bytes)
        }
        var reader = HAProxyReader(collector: collector, environment: environment)
        reader.read(main)
        let more = collector.root.glob(PathText.folder(main) + "/conf.d/*.cfg")
        for place in more.unread { collector.cannotRead(unread: place) }
        for path in more.paths { reader.read(path) }
        return reader.files.isEmpty ? nil : reader.files
    }

    private init(collector: EvidenceCollector, environment: [String: String]) {
        self.collector = collector
        self.environment = environment
    }

    private mutating func read(_ path: String) {
        guard let source = collector.read(path, as: .haproxy) else { return }
        files.insert(source.resolved)
        file = path
        conditions = 0
        storeBases = nil
        for line in HAProxyParser.parse(source.bytes, environment: &environment) { apply(line) }
    }

    private mutating func apply(_ line: HAProxyLine) {
        let words = line.words
        switch words[0] {
        case ".if": conditions += 1
        case ".endif": conditions = max(0, conditions - 1)
        case "global", "defaults", "frontend", "listen", "backend", "peers", "ring", "userlist", "resolvers", "mailers",
            "cache", "program", "http-errors", "fcgi-app", "log-forward", "crt-store":
            storeBases = words[0] == "crt-store" ? bases : nil
        case "crt-base", "key-base", "ca-base":
            guard words.count > 1 else { return }
            if storeBases != nil { storeBases?[words[0]] = words[1] } else { bases[words[0]] = words[1] }
        case "issuers-chain-path":
            if words.count > 1 { use(words[1], "issuers-chain-path", base: nil, line.line, takesFolder: true) }
        default: reportWords(words, line.line)
        }
    }

    private mutating func reportWords(_ words: [String], _ line: Int) {
        for (word, value) in zip(words, words.dropFirst()) {
            switch word {
            case "crt", "sigalgs-crt":
                use(value, "crt", base: "crt-base", line, takesFolder: true)
            case "key" where words[0] == "load":
                use(value, "key", base: "key-base", line)
            case "ocsp" where words[0] == "load", "issuer" where words[0] == "load", "sctl" where words[0] == "load":
                use(value, word, base: "crt-base", line)
            case "crt-list":
                readList(value, line)
            case "ca-file", "ca-verify-file", "crl-file", "ca-sign-file", "ca-ignore-err-file":
                use(value, word, base: "ca-base", line, takesFolder: true)
            default: break
            }
        }
    }

    /// `path` below its base folder; where there is none, below the folder that HAProxy runs in, which is taken to be
    /// that of the configuration if the file is there.
    private func full(_ path: String, base: String?) -> String {
        if PathText.isAbsolute(path) || path.unicodeScalars.first == PossiblePath.unknown { return path }
        if let base, let folder = (storeBases ?? bases)[base] { return PathText.joined(folder, path) }
        let beside = PathText.joined(PathText.folder(file), path)
        return collector.root.resolve(beside).state == .missing ? "/" + path : beside
    }

    private func use(_ path: String, _ detail: String, base: String?, _ line: Int, takesFolder: Bool = false) {
        // `@system-ca`, and `@store/alias`, which its `load` line names.
        if path.hasPrefix("@") || path.isEmpty { return }
        let path = full(path, base: base)
        var use = EvidenceCollector.Use(.haproxy, file: file, line: line, detail: detail, isCertain: conditions == 0)
        if PossiblePath.isUnknown(path) || !PathText.isAbsolute(path) { return collector.use(path, use) }
        if takesFolder, collector.root.resolve(path).state == .folder { return collector.useFolder(path, use) }
        let siblings = Self.siblings.filter { collector.root.resolve(path + $0).state != .missing }
        if siblings.contains(where: { [".rsa", ".ecdsa", ".dsa"].contains($0) }) { use.isCertain = false }
        collector.use(path, use)
        for sibling in siblings { collector.use(path + sibling, use) }
    }

    private mutating func readList(_ path: String, _ line: Int) {
        let path = full(path, base: nil)
        let use = EvidenceCollector.Use(
            .haproxy, file: file, line: line, detail: "crt-list", isCertain: conditions == 0)
        if PossiblePath.isUnknown(path) || !PathText.isAbsolute(path) { return collector.use(path, use) }
        guard let source = collector.read(path, as: .haproxy, namedBy: use) else { return }
        files.insert(source.resolved)
        let outer = file
        file = path
        defer { file = outer }
        for entry in HAProxyParser.list(source.bytes) {
            self.use(entry.path, "crt-list", base: "crt-base", entry.line, takesFolder: true)
            for other in entry.files { self.use(other, "crt-list", base: "ca-base", entry.line) }
        }
    }
}
