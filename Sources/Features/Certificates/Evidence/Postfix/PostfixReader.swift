/// Reads what Postfix's configuration says about certificates: `main.cf`, the overrides of `master.cf`, SNI maps.
struct PostfixReader {
    /// Postfix's usual configuration folders.
    static let usualFiles = ["/etc/postfix/main.cf", "/usr/local/etc/postfix/main.cf"]

    let collector: EvidenceCollector
    /// The configuration folder.
    let folder: String
    /// The resolved paths of the files that were read.
    private(set) var files: Set<String> = []

    /// Reads the instance whose `main.cf` is `main` and the further instances that it names.
    static func read(_ main: String, _ collector: EvidenceCollector) -> Set<String>? {
        var waiting = [main]
        var files: Set<String> = []
        var seen: Set<String> = []
        while let next = waiting.popLast(), seen.count < 1000 {
            guard seen.insert(collector.root.resolve(next).resolved).inserted else { continue }
            var reader = PostfixReader(collector: collector, folder: PathText.folder(next))
            let others = reader.read(main: next)
            files.formUnion(reader.files)
            waiting.append(contentsOf: (others ?? []).map { PathText.joined($0, "main.cf") })
        }
        return files.isEmpty ? nil : files
    }

    private init(collector: EvidenceCollector, folder: String) {
        self.collector = collector
        self.folder = folder
    }

    /// The configuration folders of further instances; nil where `main` can't be read.
    private mutating func read(main: String) -> [String]? {
        guard let file = collector.read(main, as: .postfix) else { return nil }
        files.insert(file.resolved)
        let parameters = PostfixParser.parameters(file.bytes)
        let values = PostfixValues(parameters, configurationFolder: folder)
        var lines: [String: Int] = [:]
        for parameter in parameters { lines[parameter.name] = parameter.line }
        for name in PostfixParameters.all where lines[name] != nil {
            report(name, values, Origin(file: main, line: lines[name], prefix: ""))
        }
        readMaster(values)
        return ["multi_instance_directories", "alternate_config_directories"].flatMap { name in
            PostfixParser.list(values.value(of: name) ?? "").filter(PathText.isAbsolute)
        }
    }

    private mutating func readMaster(_ values: PostfixValues) {
        let path = folder + "/master.cf"
        guard let file = collector.read(path, as: .postfix) else { return }
        files.insert(file.resolved)
        for service in PostfixParser.services(file.bytes) where !service.overrides.isEmpty {
            let own = values.overridden(by: service.overrides)
            for name in PostfixParameters.all {
                // What an override of another parameter changes by `$name` counts too.
                let override = service.overrides.last { $0.name == name }
                guard let value = own.value(of: name), override != nil || value != values.value(of: name) else {
                    continue
                }
                report(
                    name, own,
                    Origin(file: path, line: override?.line ?? service.line, prefix: "\(service.name): "))
            }
        }
    }

    /// Where a parameter's value comes from.
    private struct Origin {
        var file: String
        var line: Int?
        var prefix: String

        func use(_ detail: String) -> EvidenceCollector.Use {
            EvidenceCollector.Use(.postfix, file: file, line: line, detail: prefix + detail)
        }
    }

    private mutating func report(_ name: String, _ values: PostfixValues, _ origin: Origin) {
        guard let value = values.value(of: name) else { return }
        switch PostfixParameters.form(name) {
        case .folder:
            for folder in PostfixParser.list(value) { collector.useFolder(inQueue(folder, values), origin.use(name)) }
        case .maps:
            for map in PostfixMap.list(value) { readMap(map, named: name, origin) }
        case .files:
            for path in PostfixParser.list(value) where path != "none" {
                collector.use(inQueue(path, values), origin.use(name))
            }
        }
    }

    /// Relative paths are relative to the queue folder, where Postfix's programs run.
    private func inQueue(_ path: String, _ values: PostfixValues) -> String {
        if path.unicodeScalars.first == PossiblePath.unknown { return path }
        return PathText.joined(values.value(of: "queue_directory") ?? "/", path)
    }

    private mutating func readMap(_ map: PostfixMap, named name: String, _ origin: Origin) {
        switch map {
        case .inline(let entries):
            for entry in entries { report(entry.value, origin.use("\(name) inline: \(entry.key)")) }
        case .constant(let value):
            report(value, origin.use("\(name) static"))
        case .text(let type, let path):
            readTable(type: type, path: path, origin.use("\(name) \(type):"))
        case .other(let text):
            collector.cannotRead(
                unread: UnreadPlace(
                    collector.place(origin.file, origin.line).description,
                    reason: "\(name) \(PossiblePath.shown(text)): this kind of table can't be read here; "
                        + "name the certificates in it with `extra`"))
        }
    }

    private mutating func readTable(type: String, path: String, _ use: EvidenceCollector.Use) {
        if PossiblePath.isUnknown(path) || !PathText.isAbsolute(path) { return collector.use(path, use) }
        guard let suffix = PostfixMap.compiledSuffixes[type] else { return readSource(path, use) }
        if collector.root.resolve(path).state != .missing { return readSource(path, use) }
        let compiled = path + suffix
        if collector.root.resolve(compiled).state == .missing {
            collector.use(path, use)
        } else {
            readCompiled(type: type, path: path, compiled: compiled, use)
        }
    }

    private mutating func readSource(_ path: String, _ use: EvidenceCollector.Use) {
        guard let file = collector.read(path, as: .postfix, namedBy: use) else { return }
        files.insert(file.resolved)
        for entry in PostfixMap.entries(file.bytes) {
            let own = EvidenceCollector.Use(.postfix, file: path, line: entry.line, detail: "SNI \(entry.key)")
            report(entry.value, own)
        }
    }

    /// A compiled table without its source holds the certificates themselves (postmap -F); only Postfix can read it.
    private func readCompiled(type: String, path: String, compiled: String, _ use: EvidenceCollector.Use) {
        let words = ["-s", "\(type):\(collector.root.outside(path))"]
        guard case .answered(let output) = ServerProgram.postmap.ask(words, seconds: 10) else {
            return collector.cannotRead(
                compiled, "its source \(path) is missing and postmap can't list it; put the source back")
        }
        for line in Lines.split(output) {
            guard let tab = line.bytes.firstIndex(where: Lines.isBlank) else { continue }
            let key = ByteText.string(line.bytes[..<tab])
            let value = Array(Lines.trimmed(line.bytes[tab...]))
            let own = EvidenceCollector.Use(.postfix, file: compiled, line: nil, detail: "SNI \(key)")
            for target in PostfixMap.certificates(value) {
                collector.add(
                    Evidence(.postfix, at: collector.place(compiled, nil), target: target, detail: own.detail))
            }
            if value.first == UInt8(ascii: "/") { report(ByteText.string(value), own) }
        }
    }

    private func report(_ list: String, _ use: EvidenceCollector.Use) {
        for path in PostfixParser.list(list) { collector.use(path, use) }
    }
}
