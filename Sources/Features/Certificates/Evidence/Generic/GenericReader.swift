/// Reads what a ``GenericServer``'s configuration says about certificates.
struct GenericReader {
    private let server: GenericServer
    private let collector: EvidenceCollector
    private var pending: [(file: String, setting: GenericSetting)] = []
    private var bases: [String: String] = [:]
    private var seen: Set<String> = []
    private(set) var files: Set<String> = []

    /// Reads all files of `server`; the resolved paths of those that there are.
    static func read(_ server: GenericServer, _ collector: EvidenceCollector) -> Set<String> {
        var reader = GenericReader(server: server, collector: collector)
        for pattern in server.files {
            let found = collector.root.glob(pattern)
            for place in found.unread { collector.cannotRead(unread: place) }
            for path in found.paths { reader.readMain(path) }
        }
        for folder in server.ownFolders where collector.root.resolve(folder).state == .folder {
            reader.files.insert(folder)
            let use = EvidenceCollector.Use(server.kind, file: folder, line: nil, detail: "every file in it")
            collector.useFolder(folder, use, depth: 4)
        }
        return reader.files
    }

    private init(server: GenericServer, collector: EvidenceCollector) {
        self.server = server
        self.collector = collector
    }

    private mutating func readMain(_ path: String) {
        bases = [:]
        pending = []
        read(path, namedBy: nil, depth: 0)
        for (file, setting) in pending { report(setting, in: file, main: path) }
    }

    private mutating func read(_ path: String, namedBy use: EvidenceCollector.Use?, depth: Int) {
        guard depth < 16, files.count < 10_000 else { return }
        guard seen.insert(collector.root.resolve(path).resolved).inserted else { return }
        guard let file = collector.read(path, as: server.kind, namedBy: use) else { return }
        files.insert(file.resolved)
        for setting in GenericParser.parse(file.bytes, comment: server.comment, isLDIF: server.isLDIF) {
            if setting.key == server.base, let folder = setting.values.first { bases[setting.key] = folder }
            if let ending = server.includes[setting.key], let target = setting.values.first {
                include(target, ending, by: setting, in: path, depth: depth)
            }
            pending.append((path, setting))
        }
    }

    private mutating func include(
        _ target: String, _ ending: String, by setting: GenericSetting, in file: String, depth: Int
    ) {
        let path = PathText.joined(PathText.folder(file), target)
        let use = EvidenceCollector.Use(
            server.kind, file: file, line: setting.line, detail: setting.key,
            isCertain: setting.key != "include_if_exists" && !Wildcard.isPattern(path))
        if Wildcard.isPattern(path) {
            for match in collector.root.glob(path).paths { read(match, namedBy: use, depth: depth + 1) }
        } else if collector.root.resolve(path).state == .folder {
            switch collector.root.names(in: path) {
            case .success(let names):
                for name in names where name.hasSuffix(ending) && !name.hasPrefix(".") {
                    read(PathText.joined(path, name), namedBy: use, depth: depth + 1)
                }
            case .failure(.missing): break
            case .failure(.unreadable(let reason)): collector.cannotRead(path, reason)
            }
        } else {
            read(path, namedBy: use, depth: depth + 1)
        }
    }

    private func report(_ setting: GenericSetting, in file: String, main: String) {
        let isFolder = server.folders.contains(setting.key)
        guard isFolder || server.keys.contains(setting.key) else { return }
        let use = EvidenceCollector.Use(server.kind, file: file, line: setting.line, detail: setting.key)
        for value in setting.values where !value.isEmpty && (value.contains("/") || setting.values.count == 1) {
            if value == "none" || value == "disable" || value == "false" || value == "true" { continue }
            let folder = server.base.flatMap { bases[$0] } ?? PathText.folder(main)
            let path = PathText.joined(folder, value)
            if Wildcard.isPattern(path) {
                for match in collector.root.glob(path).paths { collector.use(match, use) }
            } else if isFolder {
                collector.useFolder(path, use)
            } else {
                collector.use(path, use)
            }
        }
    }
}
