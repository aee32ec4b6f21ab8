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

    /// Reads everything; blocks for as long as that takes.
    package func read() -> EvidenceReport {
        let collector = EvidenceCollector(root: root, index: LineageIndex(inventory, root: root))
        read(.nginx, NginxReader.usualFiles, collector, NginxReader.read)
        read(.apache, ApacheReader.usualFiles, collector, ApacheReader.read)
        read(.postfix, PostfixReader.usualFiles, collector, PostfixReader.read)
        read(.dovecot, DovecotReader.usualFiles, collector, DovecotReader.read)
        read(.haproxy, HAProxyReader.usualFiles, collector, HAProxyReader.read)
        read(.exim, EximReader.usualFiles, collector, EximReader.read)
        read(.caddy, CaddyReader.usualFiles, collector, CaddyReader.read)
        read(.stalwart, StalwartReader.usualFiles, collector, StalwartReader.read)
        for server in GenericServer.all { read(server, collector) }
        return collector.report
    }

    private func read(
        _ kind: Evidence.Kind, _ usual: [String], _ collector: EvidenceCollector,
        _ body: (String, EvidenceCollector) -> Set<String>?
    ) {
        var seen: Set<String> = []
        for path in (settings.configurations[kind] ?? []) + usual {
            guard seen.insert(root.resolve(path).resolved).inserted, let files = body(path, collector) else { continue }
            let count = files.count == 1 ? "1 file" : "\(files.count) files"
            collector.looked(at: "\(kind.rawValue) configuration \(collector.place(path, nil)) (\(count))")
        }
    }

    private func read(_ server: GenericServer, _ collector: EvidenceCollector) {
        let count = GenericReader.read(server, collector).count
        if count > 0 {
            collector.looked(at: "\(server.kind.rawValue) configuration (\(count == 1 ? "1 file" : "\(count) files"))")
        }
    }
}
