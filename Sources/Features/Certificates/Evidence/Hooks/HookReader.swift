/// Reads deploy hooks: scripts in `renewal-hooks/`, commands in renewal confs and `cli.ini`, and the scripts that those
/// run. A hook that names a lineage, a domain or a path of it is a sign of use.
struct HookReader {
    private let collector: EvidenceCollector
    private let inventory: Inventory
    /// Files that were looked at, by resolved path.
    private var scanned: [String: HookText] = [:]

    /// Reads the hooks of all trees in `inventory`.
    static func read(_ inventory: Inventory, _ collector: EvidenceCollector) {
        var reader = HookReader(collector: collector, inventory: inventory)
        var count = 0
        for tree in inventory.trees { count += reader.readScripts(of: tree) }
        for lineage in inventory.lineages { count += reader.readConf(of: lineage) }
        if count > 0 { collector.looked(at: "deploy hooks (\(count))") }
    }

    private init(collector: EvidenceCollector, inventory: Inventory) {
        self.collector = collector
        self.inventory = inventory
    }

    private mutating func readScripts(of tree: CertbotTree) -> Int {
        guard let folder = collector.root.inside(tree.path) else { return 0 }
        var count = 0
        for kind in ["pre", "deploy", "post"] {
            let path = "\(folder)/renewal-hooks/\(kind)"
            switch collector.root.names(in: path) {
            case .failure(.missing): break
            case .failure(.unreadable(let reason)): collector.cannotRead(path, reason)
            case .success(let names):
                // Certbot leaves out back-ups of editors (certbot's hooks.py, list_hooks).
                for name in names where !name.hasSuffix("~") {
                    guard let hook = scan(path + "/" + name, isHook: true) else { continue }
                    count += 1
                    noteRenewed(hook, path + "/" + name)
                }
            }
        }
        if scan(folder + "/cli.ini", isHook: true) != nil { count += 1 }
        return count
    }

    /// A hook that hands on whatever was renewed says nothing about one lineage; the copies that it makes do.
    private func noteRenewed(_ hook: HookText, _ path: String) {
        guard let line = hook.renewedLines.first else { return }
        let place = collector.place(path, line)
        collector.add(
            Finding(
                "hook-takes-all", .note,
                "\(place): the hook takes the files of every lineage that is renewed ($RENEWED_LINEAGE). Which of them "
                    + "are used elsewhere shows in the copies, which are looked for by fingerprint.",
                path: collector.place(path, nil).text))
    }

    /// Looks for lineages in one file and in the scripts that it runs; nil where it is no readable text.
    @discardableResult
    private mutating func scan(_ path: String, isHook: Bool, depth: Int = 0) -> HookText? {
        let resolved = collector.root.resolve(path)
        if let known = scanned[resolved.resolved] { return known }
        guard resolved.state == .file else { return nil }
        let bytes: [UInt8]
        switch collector.root.read(path) {
        case .success(let read): bytes = read
        case .failure(.missing): return nil
        case .failure(.unreadable(let reason)):
            if isHook { collector.cannotRead(path, reason) }
            return nil
        }
        // What isn't text is a program, which says nothing; what a hook merely names may be any file.
        if bytes.prefix(4096).contains(0) || (!isHook && !bytes.starts(with: "#!".utf8)) { return nil }
        let hook = HookText(bytes)
        scanned[resolved.resolved] = hook
        report(bytes, hook) { collector.place(path, $0) }
        if depth < 3 { for other in hook.paths { scanScript(other, depth: depth + 1) } }
        return hook
    }

    /// Scripts of the administrator, not the system's programs.
    private mutating func scanScript(_ path: String, depth: Int) {
        let folders = ["/usr/local", "/opt", "/root", "/home", "/srv", "/etc", "/var/lib"]
        guard folders.contains(where: { PathText.isWithin(path, $0) }) else { return }
        guard !TextPaths.looksLikeCertificate(path) else { return }
        scan(path, isHook: false, depth: depth)
    }

    private func report(_ text: [UInt8], _ hook: HookText, place: (Int) -> Place) {
        for mention in collector.index.paths(in: text) {
            let resolved = collector.root.resolve(mention.path)
            for stage in resolved.stages {
                let path = ByteText.shown(collector.root.outside(stage))
                collector.add(
                    Evidence(
                        .hook, at: place(mention.line), target: .path(path),
                        detail: "names its path" + hook.reloadWords))
            }
        }
        for mention in collector.index.names(in: text) {
            collector.add(
                Evidence(
                    .hook, at: place(mention.line), target: .lineage(mention.lineage),
                    detail: "names \(ByteText.shown(mention.word))" + hook.reloadWords))
        }
    }

    /// The hooks in a lineage's renewal conf: certbot runs them for this lineage alone.
    private mutating func readConf(of lineage: Lineage) -> Int {
        guard let hooks = lineage.renewal?.hooks, !hooks.isEmpty else { return 0 }
        let path = "\(lineage.tree)/renewal/\(lineage.name).conf"
        let lines = lineNumbers(path)
        for (option, command) in hooks.sorted(by: { $0.key < $1.key }) {
            let place = Place(path, line: lines[option])
            let text = ByteText.bytes(command)
            let hook = HookText(text)
            report(text, hook) { _ in place }
            var takesFiles = !hook.renewedLines.isEmpty
            for script in hook.paths where !TextPaths.looksLikeCertificate(script) {
                if let inner = scan(script, isHook: false) { takesFiles = takesFiles || !inner.renewedLines.isEmpty }
            }
            if takesFiles {
                collector.add(
                    Evidence(
                        .hook, at: place, target: .lineage(lineage.name),
                        detail: "\(option) takes its files ($RENEWED_LINEAGE)" + hook.reloadWords))
            }
        }
        return hooks.count
    }

    private func lineNumbers(_ path: String) -> [String: Int] {
        guard let inside = collector.root.inside(path), case .success(let bytes) = collector.root.read(inside) else {
            return [:]
        }
        var lines: [String: Int] = [:]
        for parameter in PostfixParser.parameters(bytes) { lines[parameter.name] = parameter.line }
        return lines
    }
}
