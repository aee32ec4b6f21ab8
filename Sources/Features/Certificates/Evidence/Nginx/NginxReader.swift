/// Reads what nginx's configuration says about certificates.
struct NginxReader {
    private let collector: EvidenceCollector
    /// The main file's folder: what relative paths are relative to (ngx_conf_full_name).
    private let base: String
    private var directives: [(file: String, directive: NginxDirective)] = []
    private var variables = NginxVariables()
    /// The files that are being read; one within itself nginx refuses.
    private var stack: [String] = []
    private var reads = 0
    /// What was read, by resolved path and the blocks around their include.
    private var seen: Set<String> = []
    /// The resolved paths of the files that were read.
    private(set) var files: Set<String> = []

    /// Where distributions and builds put the main file.
    static let usualFiles = [
        "/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf",
        "/usr/local/openresty/nginx/conf/nginx.conf", "/etc/angie/angie.conf", "/etc/freenginx/nginx.conf",
    ]

    init(collector: EvidenceCollector, base: String) {
        self.collector = collector
        self.base = base
    }

    /// Reads the configuration whose main file is `main`; the resolved paths of the files that were read, nil where
    /// there is none.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        var reader = NginxReader(collector: collector, base: PathText.folder(main))
        guard reader.read(main, blocks: [], namedBy: nil, depth: 0) else { return nil }
        reader.collectVariables()
        reader.report()
        return reader.files
    }

    @discardableResult
    private mutating func read(
        _ path: String, blocks: [NginxBlock], namedBy use: EvidenceCollector.Use?, depth: Int
    ) -> Bool {
        guard depth < 32, reads < 20_000 else {
            collector.cannotRead(path, "includes are nested too deeply or are too many here")
            return false
        }
        reads += 1
        let resolved = collector.root.resolve(path).resolved
        let last = blocks.last.map { "\($0.name) \($0.arguments.joined(separator: " "))" } ?? ""
        guard !stack.contains(resolved), seen.insert("\(resolved)\0\(last)").inserted else { return false }
        stack.append(resolved)
        defer { stack.removeLast() }
        guard let file = collector.read(path, as: .nginx, namedBy: use) else { return false }
        files.insert(file.resolved)
        for var directive in NginxParser.parse(file.bytes) {
            directive.blocks = blocks + directive.blocks
            directives.append((path, directive))
            if directive.name == "include", let pattern = directive.arguments.first {
                include(pattern, by: directive, in: path, depth: depth)
            }
        }
        return true
    }

    private mutating func include(_ pattern: String, by directive: NginxDirective, in file: String, depth: Int) {
        let use = EvidenceCollector.Use(.nginx, file: file, line: directive.line, detail: "include")
        let path = PathText.joined(base, pattern)
        guard Wildcard.isPattern(path) else {
            read(path, blocks: directive.blocks, namedBy: use, depth: depth + 1)
            return
        }
        let found = collector.root.glob(path)
        for place in found.unread { collector.cannotRead(unread: place) }
        for match in found.paths { read(match, blocks: directive.blocks, namedBy: use, depth: depth + 1) }
    }

    private mutating func collectVariables() {
        for (_, directive) in directives { variables.add(directive) }
    }

    /// Directives whose value names a certificate, key or list of authorities: `ssl_certificate`,
    /// `proxy_ssl_certificate_key`, `ssl_trusted_certificate`, ... in every module.
    static func namesCertificate(_ name: String) -> Bool {
        guard name.contains("ssl_") || name.hasPrefix("js_fetch_") else { return false }
        return ["_certificate", "_certificate_key", "_trusted_certificate", "_client_certificate"].contains {
            name.hasSuffix($0)
        }
    }

    private func report() {
        for (file, directive) in directives where Self.namesCertificate(directive.name) {
            guard let value = directive.arguments.first else { continue }
            let use = EvidenceCollector.Use(.nginx, file: file, line: directive.line, detail: directive.name)
            let values = variables.expand(value)
            for value in values { report(value, use, isOneOfMany: values.count > 1) }
        }
    }

    private func report(_ value: String, _ use: EvidenceCollector.Use, isOneOfMany: Bool) {
        // `data:` holds the certificate itself, `engine:` and `store:` name a key elsewhere; empty turns it off.
        if value.isEmpty || ["data:", "engine:", "store:"].contains(where: value.hasPrefix) { return }
        var use = use
        use.isCertain = !isOneOfMany
        collector.use(value.unicodeScalars.first == PossiblePath.unknown ? value : PathText.joined(base, value), use)
    }
}
