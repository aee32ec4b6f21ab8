/// Reads what Apache's configuration says about certificates, following its includes, variables, conditionals and
/// macros.
struct ApacheReader {
    /// Where distributions and builds put the main file, with the compiled-in ServerRoot.
    static let usualFiles = [
        "/etc/apache2/apache2.conf", "/etc/httpd/conf/httpd.conf", "/usr/local/apache2/conf/httpd.conf",
        "/etc/apache2/httpd.conf", "/usr/local/etc/apache24/httpd.conf",
    ]

    let collector: EvidenceCollector
    private var serverRoot: String
    private var variables: ApacheVariables
    private var modules: Set<String> = []
    private var macros: [String: ApacheMacro] = [:]
    /// The files that are being read, to cut loops.
    private var stack: [String] = []
    /// The macros that are being used; mod_macro refuses one within itself.
    private var uses: [String] = []
    private var reads = 0
    private var lines = 0
    /// The resolved paths of the files that were read.
    private(set) var files: Set<String> = []

    /// Reads the configuration whose main file is `main`; the resolved paths of the files that were read, nil where
    /// there is none.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        guard collector.root.resolve(main).state != .missing else { return nil }
        var reader = ApacheReader(main, collector)
        reader.read(main, namedBy: nil, isCertain: true)
        return reader.files
    }

    private init(_ main: String, _ collector: EvidenceCollector) {
        self.collector = collector
        let folder = PathText.folder(main)
        serverRoot = PathText.name(folder) == "conf" ? PathText.folder(folder) : folder
        let environment = folder + "/envvars"
        if case .success(let bytes) = collector.root.read(environment) {
            variables = ApacheVariables(environment: ApacheVariables.shellVariables(bytes))
        } else {
            variables = ApacheVariables()
        }
    }

    private mutating func read(_ path: String, namedBy use: EvidenceCollector.Use?, isCertain: Bool) {
        let resolved = collector.root.resolve(path).resolved
        guard !stack.contains(resolved), stack.count < 128, reads < 50_000 else { return }
        reads += 1
        guard let file = collector.read(path, as: .apache, namedBy: use) else { return }
        files.insert(resolved)
        stack.append(resolved)
        run(
            ApacheParser.parse(file.bytes).map { ApacheMacro.Line(file: path, line: $0) }, isCertain: isCertain,
            depth: 0)
        stack.removeLast()
    }

    /// Goes through lines in order. `depth` counts macros within macros.
    private mutating func run(_ lines: [ApacheMacro.Line], isCertain: Bool, depth: Int) {
        var certainty = [isCertain]
        var index = 0
        while index < lines.count, self.lines < 500_000 {
            self.lines += 1
            let (file, line) = (lines[index].file, lines[index].line)
            index += 1
            let isCertain = certainty[certainty.count - 1]
            switch line.kind {
            case .open where line.name == "macro":
                let end = lines[index...].firstIndex { $0.line.kind == .close && $0.line.name == "macro" }
                define(line, body: Array(lines[index..<(end ?? lines.count)]))
                index = end.map { $0 + 1 } ?? lines.count
            case .open:
                if certainty.count < 1000 { certainty.append(isCertain && isTrue(line)) }
            case .close:
                if certainty.count > 1 { certainty.removeLast() }
            case .directive where line.name == "use":
                use(line, isCertain: isCertain, depth: depth)
            case .directive:
                apply(line, in: file, isCertain: isCertain)
            }
        }
    }

    /// Whether what a section holds certainly counts.
    private func isTrue(_ section: ApacheLine) -> Bool {
        guard let argument = ApacheParser.arguments(section.rest).first else { return true }
        switch section.name {
        case "ifdefine": return variables.isDefined(argument)
        case "ifmodule": return modules.contains(argument.lowercased())
        case "iffile":
            let path = PathText.joined(serverRoot, argument)
            return !path.contains("${") && collector.root.resolve(path).state != .missing
        case "if", "elseif", "else", "ifversion", "ifdirective", "ifsection": return false
        default: return true
        }
    }

    private mutating func define(_ section: ApacheLine, body: [ApacheMacro.Line]) {
        let words = ApacheParser.arguments(section.rest)
        guard let name = words.first else { return }
        macros[name.lowercased()] = ApacheMacro(parameters: Array(words.dropFirst()), lines: body)
    }

    private mutating func use(_ line: ApacheLine, isCertain: Bool, depth: Int) {
        let alternatives = variables.expand(line.rest)
        for text in alternatives {
            let words = ApacheParser.arguments(text)
            guard depth < 16, reads < 50_000, let name = words.first, let macro = macros[name.lowercased()] else {
                continue
            }
            guard !uses.contains(name.lowercased()) else { continue }
            reads += 1
            uses.append(name.lowercased())
            defer { uses.removeLast() }
            run(
                macro.body(Array(words.dropFirst())), isCertain: isCertain && alternatives.count == 1, depth: depth + 1)
        }
    }

    private mutating func apply(_ line: ApacheLine, in file: String, isCertain: Bool) {
        switch line.name {
        case "define":
            let words = ApacheParser.arguments(line.rest)
            guard let name = words.first else { return }
            let value = words.count > 1 ? words[1] : ""
            for text in variables.expand(value) {
                // What isn't defined yet may be where the new variable is used.
                variables.define(name, PossiblePath.isUnknown(text) ? value : text, isCertain: isCertain)
            }
        case "undefine":
            if let name = ApacheParser.arguments(line.rest).first { variables.undefine(name, isCertain: isCertain) }
        case "serverroot":
            if let folder = ApacheParser.arguments(line.rest).first { serverRoot = folder }
        case "loadmodule":
            loadModule(ApacheParser.arguments(line.rest))
        case "include", "includeoptional":
            for text in variables.expand(line.rest) {
                for pattern in ApacheParser.arguments(text) {
                    include(pattern, by: line, in: file, isCertain: isCertain)
                }
            }
        default:
            if let form = ApacheDirectives.forms[line.name] { report(line, form, in: file, isCertain: isCertain) }
        }
    }

    /// A module is named by its identifier or its source file: `ssl_module`, `mod_ssl.c`.
    private mutating func loadModule(_ words: [String]) {
        guard words.count >= 2 else { return }
        modules.insert(words[0].lowercased())
        let name = PathText.name(words[1])
        if name.hasSuffix(".so") { modules.insert(name.dropLast(3).lowercased() + ".c") }
    }

    /// `Include`: a file, a folder with everything beneath it, or a pattern whose matches are either
    /// (ap_process_fnmatch_configs).
    private mutating func include(_ pattern: String, by line: ApacheLine, in file: String, isCertain: Bool) {
        let isOptional = line.name == "includeoptional"
        let use = EvidenceCollector.Use(
            .apache, file: file, line: line.line, detail: isOptional ? "IncludeOptional" : "Include",
            isCertain: isCertain && !isOptional)
        let path = PathText.joined(serverRoot, pattern)
        if PossiblePath.isUnknown(path) || Wildcard.isPattern(path) {
            if pattern.unicodeScalars.first == PossiblePath.unknown { return collector.use(pattern, use) }
            let found = collector.root.glob(PossiblePath.isUnknown(path) ? PossiblePath.glob(path) : path)
            for place in found.unread { collector.cannotRead(unread: place) }
            for match in found.paths { readAll(match, namedBy: use, isCertain: isCertain, depth: 0) }
        } else {
            readAll(path, namedBy: use, isCertain: isCertain, depth: 0)
        }
    }

    private mutating func readAll(_ path: String, namedBy use: EvidenceCollector.Use, isCertain: Bool, depth: Int) {
        guard collector.root.resolve(path).state == .folder else {
            return read(path, namedBy: use, isCertain: isCertain)
        }
        guard depth < 20, reads < 50_000 else { return }
        switch collector.root.names(in: path) {
        case .success(let names):
            for name in names {
                readAll(PathText.joined(path, name), namedBy: use, isCertain: isCertain, depth: depth + 1)
            }
        case .failure(.missing): break
        case .failure(.unreadable(let reason)): collector.cannotRead(path, reason)
        }
    }

    private func report(_ line: ApacheLine, _ form: ApacheDirectives.Form, in file: String, isCertain: Bool) {
        let texts = variables.expand(line.rest)
        let detail = form.name
        for text in texts {
            let words = ApacheParser.arguments(text)
            let values = form.takesMany ? words : Array(words.prefix(1))
            for value in values where !value.isEmpty && value != "default" && !value.hasPrefix("pkcs11:") {
                let use = EvidenceCollector.Use(
                    .apache, file: file, line: line.line, detail: detail, isCertain: isCertain && texts.count == 1)
                let isUnknown = value.unicodeScalars.first == PossiblePath.unknown
                let path = isUnknown ? value : PathText.joined(serverRoot, value)
                if form.isFolder { collector.useFolder(path, use) } else { collector.use(path, use) }
            }
        }
    }
}
