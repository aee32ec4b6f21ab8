/// Reads what servers' configurations and deploy hooks below one root say about certificates' files.
///
/// Every sign's target is a path absolute as this process sees it, the root's path in front (``ConfigurationRoot/outside(_:)``),
/// bytes that are not UTF-8 as `\xNN`. For one directive there is a sign for the path as it is written, one for each
/// path that a symlink on the way leads to, and one for the path with all symlinks resolved as far as they go, in
/// this order and each once. A target may be a folder: then every file beneath it may be in use.
package struct EvidenceReader: Sendable {
    private let root: ConfigurationRoot
    private let settings: EvidenceSettings
    private let inventory: Inventory

    /// A reader below `root`. `inventory` says which trees and lineages mentions are looked for.
    package init(
        root: ConfigurationRoot = ConfigurationRoot(), settings: EvidenceSettings = EvidenceSettings(),
        inventory: Inventory = Inventory()
    ) {
        self.root = root
        self.settings = settings
        self.inventory = inventory
    }

    /// What one reading gave.
    struct Reading {
        /// The signs of use.
        var report: EvidenceReport
        /// The resolved inside paths of the files that were read, by server.
        var files: [Evidence.Kind: Set<String>]
    }

    /// Reads everything; blocks for as long as that takes.
    package func read() -> EvidenceReport { readWithFiles().report }

    /// Reads everything and says which files of which server those were.
    func readWithFiles() -> Reading {
        let collector = EvidenceCollector(root: root, index: LineageIndex(inventory, root: root))
        let running = asksServers ? RunningServers.configurations() : [:]
        var files: [Evidence.Kind: Set<String>] = [:]
        for server in Self.servers {
            let places = (settings.configurations[server.kind] ?? []) + server.usual + (running[server.kind] ?? [])
            files[server.kind] = read(server, places, collector)
        }
        for server in GenericServer.all { read(server, collector) }
        if asksServers { ask(files, collector) }
        MentionReader.readUnits(collector)
        MentionReader.readCron(collector)
        HookReader.read(inventory, collector)
        MentionReader.readExtra(settings.extra, collector)
        MentionReader.readRest(inventory, collector)
        return Reading(report: collector.report, files: files)
    }

    private var asksServers: Bool { settings.asksServers && root.isSystem }

    private struct Server {
        var kind: Evidence.Kind
        var usual: [String]
        var read: @Sendable (String, EvidenceCollector) -> Set<String>?
    }

    private static let servers = [
        Server(kind: .nginx, usual: NginxReader.usualFiles) { NginxReader.read($0, $1) },
        Server(kind: .apache, usual: ApacheReader.usualFiles) { ApacheReader.read($0, $1) },
        Server(kind: .postfix, usual: PostfixReader.usualFiles) { PostfixReader.read($0, $1) },
        Server(kind: .dovecot, usual: DovecotReader.usualFiles) { DovecotReader.read($0, $1) },
        Server(kind: .haproxy, usual: HAProxyReader.usualFiles) { HAProxyReader.read($0, $1) },
        Server(kind: .exim, usual: EximReader.usualFiles) { EximReader.read($0, $1) },
        Server(kind: .caddy, usual: CaddyReader.usualFiles) { CaddyReader.read($0, $1) },
        Server(kind: .stalwart, usual: StalwartReader.usualFiles) { StalwartReader.read($0, $1) },
    ]

    /// The resolved paths of the files that were read.
    private func read(_ server: Server, _ places: [String], _ collector: EvidenceCollector) -> Set<String> {
        var all: Set<String> = []
        var seen: Set<String> = []
        for path in places where seen.insert(root.resolve(path).resolved).inserted {
            guard let files = server.read(path, collector) else { continue }
            all.formUnion(files)
            collector.looked(
                at: "\(server.kind.rawValue) configuration \(collector.place(path, nil)) (\(count(files)))")
        }
        return all
    }

    private func read(_ server: GenericServer, _ collector: EvidenceCollector) {
        let files = GenericReader.read(server, collector)
        if !files.isEmpty { collector.looked(at: "\(server.kind.rawValue) configuration (\(count(files)))") }
    }

    private func count(_ files: Set<String>) -> String { files.count == 1 ? "1 file" : "\(files.count) files" }

    private func ask(_ files: [Evidence.Kind: Set<String>], _ collector: EvidenceCollector) {
        let check = ServerCheck(collector: collector, seconds: settings.answerTime)
        check.nginx(files[.nginx] ?? [])
        check.apache(files[.apache] ?? [])
        check.postfix()
        check.dovecot()
    }
}
