/// Looks for mentions of lineages in files of any format: the settings' `extra` globs, units of systemd, tables of
/// cron, and whatever else lies below `/etc`.
struct MentionReader {
    private let collector: EvidenceCollector
    private var seen: Set<String> = []
    private var count = 0
    private var failures = 0

    private init(collector: EvidenceCollector) { self.collector = collector }

    /// Reads the files that the globs `patterns` match; every path into a tree and every lineage's name counts, in
    /// comments too.
    static func readExtra(_ patterns: [String], _ collector: EvidenceCollector) {
        for pattern in patterns {
            var count = 0
            for pattern in Wildcard.braces(pattern) {
                let found = collector.root.glob(pattern)
                for place in found.unread { collector.cannotRead(unread: place) }
                for path in found.paths where collector.root.resolve(path).state != .folder {
                    count += 1
                    readExtraFile(path, collector)
                }
            }
            collector.looked(at: "\(pattern) (\(count == 1 ? "1 file" : "\(count) files"))")
            if count == 0 {
                collector.add(
                    Finding(
                        "extra-matches-nothing", .warning,
                        "The pattern `\(pattern)` of the setting `extra` matches no file: correct it or take it out.",
                        path: nil))
            }
        }
    }

    private static func readExtraFile(_ path: String, _ collector: EvidenceCollector) {
        guard let file = collector.read(path, as: .extra) else { return }
        for mention in collector.index.paths(in: file.bytes, withComments: true, wholeTrees: true) {
            let use = EvidenceCollector.Use(
                .extra, file: path, line: mention.line, detail: "names its path", isCertain: false)
            collector.use(mention.path, use)
        }
        for mention in collector.index.names(in: file.bytes, withComments: true) {
            collector.add(
                Evidence(
                    .extra, at: collector.place(path, mention.line), target: .lineage(mention.lineage),
                    detail: "names \(ByteText.shown(mention.word))"))
        }
    }

    /// Reads systemd's units and the programs of the administrator that they run.
    static func readUnits(_ collector: EvidenceCollector) {
        var reader = MentionReader(collector: collector)
        for folder in [
            "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
            "/lib/systemd/system",
        ] {
            reader.readFolder(folder, .systemd, depth: 2)
        }
        if reader.count > 0 { collector.looked(at: "systemd units (\(reader.count) files)") }
    }

    /// Reads cron's tables and the programs of the administrator that they run.
    static func readCron(_ collector: EvidenceCollector) {
        var reader = MentionReader(collector: collector)
        reader.readFile("/etc/crontab", .cron)
        for folder in [
            "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
            "/var/spool/cron",
        ] {
            reader.readFolder(folder, .cron, depth: 2)
        }
        if reader.count > 0 { collector.looked(at: "cron tables (\(reader.count) files)") }
    }

    /// Reads what else lies below `/etc`, but for the trees and for the folders of servers whose configuration is read
    /// by its grammar: what those don't include isn't in use.
    static func readRest(_ inventory: Inventory, _ collector: EvidenceCollector) {
        guard !collector.index.isEmpty else { return }
        var reader = MentionReader(collector: collector)
        for tree in inventory.trees {
            guard let inside = collector.root.inside(tree.path) else { continue }
            reader.seen.insert(collector.root.resolve(inside).resolved)
        }
        for name in parsedFolders {
            let folder = collector.root.resolve("/etc/" + name)
            if folder.state != .missing { reader.seen.insert(folder.resolved) }
        }
        reader.readFolder("/etc", .other, depth: 8)
        guard reader.count > 0 else { return }
        let failed = reader.failures == 0 ? "" : ", \(reader.failures) more could not be read"
        collector.looked(at: "other files below \(collector.place("/etc", nil)) (\(reader.count) files\(failed))")
    }

    private static let parsedFolders = [
        "nginx", "angie", "freenginx", "apache2", "httpd", "postfix", "dovecot", "haproxy", "exim4", "exim", "caddy",
        "stalwart", "stalwart-mail", "ldap", "openldap", "postgresql", "mysql", "proftpd", "prosody", "ejabberd",
        "mosquitto", "cockpit", "grafana", "webmin", "usermin", "vsftpd", "systemd", "cron.d", "cron.hourly",
        "cron.daily", "cron.weekly", "cron.monthly", "crontab", "letsencrypt", "ssl/certs", "ca-certificates",
        "alternatives",
        ".git", ".hg", ".svn", ".bzr", "my.cnf", "vsftpd.conf", "exim.conf", "proftpd.conf",
    ]

    private mutating func readFolder(_ folder: String, _ kind: Evidence.Kind, depth: Int) {
        let resolved = collector.root.resolve(folder)
        guard resolved.state == .folder, seen.insert(resolved.resolved).inserted, count < 50_000 else { return }
        switch collector.root.names(in: folder) {
        case .failure(.missing): break
        case .failure(.unreadable(let reason)): failed(folder, kind, reason)
        case .success(let names):
            for name in names where !Self.isBackup(name) {
                let path = PathText.joined(folder, name)
                let target = collector.root.resolve(path)
                noteSymlink(target, path, kind)
                switch target.state {
                case .folder: if depth > 1 { readFolder(path, kind, depth: depth - 1) }
                case .file: readFile(path, kind)
                case .unreadable(let reason): failed(path, kind, reason)
                case .missing, .other: break
                }
            }
        }
    }

    /// A symlink into a lineage: whoever names the symlink uses the lineage.
    private func noteSymlink(_ target: ResolvedPath, _ path: String, _ kind: Evidence.Kind) {
        guard kind == .other, target.stages.contains(where: collector.index.isInLineage) else { return }
        collector.use(path, EvidenceCollector.Use(.other, file: path, line: nil, detail: "symlink", isCertain: false))
    }

    private static func isBackup(_ name: String) -> Bool {
        ["~", ".bak", ".old", ".orig", ".save", ".swp", ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".rpmsave", ".rpmnew"]
            .contains { name.hasSuffix($0) }
    }

    /// Below `/etc` many files are secret and none of certificates' business: only those that look like configurations
    /// count as unread.
    private mutating func failed(_ path: String, _ kind: Evidence.Kind, _ reason: String) {
        failures += 1
        let isConfiguration = [".conf", ".cfg", ".cnf", ".cf", ".ini", ".yml", ".yaml", ".toml", ".json", ".xml"]
            .contains { path.hasSuffix($0) }
        if kind != .other || isConfiguration { collector.cannotRead(path, reason) }
    }

    private mutating func readFile(_ path: String, _ kind: Evidence.Kind) {
        let resolved = collector.root.resolve(path).resolved
        guard seen.insert(resolved).inserted else { return }
        switch collector.root.read(path) {
        case .failure(.missing): break
        case .failure(.unreadable(let reason)): failed(path, kind, reason)
        case .success(let bytes):
            count += 1
            report(bytes, in: path, kind)
            if kind == .cron || kind == .systemd { readPrograms(bytes, kind) }
        }
    }

    private func report(_ bytes: [UInt8], in path: String, _ kind: Evidence.Kind) {
        for mention in collector.index.paths(in: bytes) {
            let use = EvidenceCollector.Use(
                kind, file: path, line: mention.line, detail: "names its path", isCertain: false)
            collector.use(mention.path, use)
        }
    }

    /// Scripts that a unit or a table runs, where the administrator's own lie.
    private mutating func readPrograms(_ bytes: [UInt8], _ kind: Evidence.Kind) {
        for (_, line) in Lines.split(bytes) where !LineageIndex.isComment(line) {
            for path in TextPaths.absolute(in: line).map({ ByteText.string($0) })
            where ["/usr/local", "/opt", "/root", "/home", "/srv"].contains(where: { PathText.isWithin(path, $0) }) {
                guard collector.root.resolve(path).state == .file, seen.insert(path).inserted else { continue }
                if case .success(let script) = collector.root.read(path), !script.prefix(4096).contains(0) {
                    report(script, in: path, kind)
                }
            }
        }
    }
}
