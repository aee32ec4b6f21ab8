/// Compares what the installed servers say that they read with what the readers read. What only the server knows of is
/// read too where it is a main file, and is unread where it is an included one.
struct ServerCheck {
    let collector: EvidenceCollector
    let seconds: Double

    /// Asks nginx; `files` are the resolved paths of the files that were read.
    func nginx(_ files: Set<String>) {
        compare(.nginx, ServerProgram.nginx, ["-T"], "nginx -T", files, ServerDump.nginxFiles, NginxReader.read)
    }

    /// Asks Apache.
    func apache(_ files: Set<String>) {
        compare(
            .apache, ServerProgram.apache, ["-t", "-D", "DUMP_INCLUDES"], "apachectl -t -D DUMP_INCLUDES", files,
            ServerDump.apacheFiles, ApacheReader.read)
    }

    private func compare(
        _ kind: Evidence.Kind, _ program: ServerProgram, _ arguments: [String], _ words: String, _ files: Set<String>,
        _ list: ([UInt8]) -> [String], _ read: (String, EvidenceCollector) -> Set<String>?
    ) {
        guard let output = answer(program, arguments, words) else { return }
        let named = list(output)
        var known = files
        if let main = named.first, !known.contains(collector.root.resolve(main).resolved) {
            known.formUnion(read(main, collector) ?? [])
        }
        var missed: Set<String> = []
        for path in named {
            let resolved = collector.root.resolve(path).resolved
            guard !known.contains(resolved), missed.insert(resolved).inserted else { continue }
            collector.cannotRead(
                path,
                "\(words) names it as part of \(kind.rawValue)'s configuration, but nothing that was read includes it")
        }
        collector.looked(at: "\(words) (\(named.count) files)")
    }

    private func answer(_ program: ServerProgram, _ arguments: [String], _ words: String) -> [UInt8]? {
        switch program.ask(arguments, seconds: seconds) {
        case .absent: return nil
        case .answered(let output): return output
        case .failed(let reason):
            collector.add(
                Finding(
                    "server-refuses", .note,
                    "`\(words)` fails: \(reason). What the configuration says was read without it; run the command to see "
                        + "what is wrong."))
            return nil
        }
    }

    /// Asks Postfix for its parameters as it understands them.
    func postfix() {
        let words = "postconf -xn"
        guard let output = answer(.postconf, ["-x", "-n"], words) else { return }
        let values = Dictionary(
            PostfixParser.parameters(output).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let paths = PostfixParameters.all.filter { PostfixParameters.form($0) != .maps }.flatMap { name in
            PostfixParser.list(values[name] ?? "").map { (name, $0) }
        }
        add(paths, .postfix, words)
    }

    /// Asks Dovecot for its settings as it understands them.
    func dovecot() {
        let words = "doveconf -n"
        guard let output = answer(.doveconf, ["-n"], words) else { return }
        var paths: [(String, String)] = []
        for line in DovecotParser.parse(output) {
            guard case .setting(let key, let value) = line.statement, key.contains("ssl") else { continue }
            if value.hasPrefix("<") { paths.append((key, PostfixParser.trimmed(value.dropFirst()))) }
            if key.hasSuffix("_file") { paths.append((key, value)) }
        }
        add(paths, .dovecot, words)
    }

    /// Adds what the readers did not find.
    private func add(_ paths: [(name: String, path: String)], _ kind: Evidence.Kind, _ words: String) {
        var known: Set<String> = []
        for sign in collector.report.evidence where sign.kind == kind {
            if case .path(let path) = sign.target { known.insert(path) }
        }
        for (name, path) in paths where PathText.isAbsolute(path) {
            for stage in collector.root.resolve(path).stages {
                let shown = ByteText.shown(collector.root.outside(stage))
                if known.contains(shown) { continue }
                collector.add(Evidence(kind, at: Place(words), target: .path(shown), detail: name))
            }
        }
        collector.looked(at: words)
    }
}
