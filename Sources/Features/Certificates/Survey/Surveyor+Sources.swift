internal import StewardDNS

extension Surveyor {
    /// The trees that the settings name, or those that are found, and what Docker says beside.
    package func find() -> TreeFinder.Found {
        let finder = TreeFinder(
            configRoot: root.prefix,
            volumeFolders: settings.docker.enabled
                ? ["\(settings.docker.root)/volumes", "/var/lib/containers/storage/volumes"] : [],
            sockets: settings.docker.enabled && root.isSystem
                ? [DockerSocket(path: settings.docker.socket), DockerSocket(path: "/run/podman/podman.sock")] : [])
        let named = settings.trees.map { TreeFinder.named($0, configRoot: root.prefix) }
        var found = finder.find(named: named)
        // Named trees are the only ones that are looked at; containers may still use them.
        if !named.isEmpty { found.trees.removeAll { $0.origin != .named } }
        return found
    }

    /// The trees that the settings name, or those that are found.
    package func trees() -> [CertbotTree] { find().trees }

    /// Every sign of use that can be found.
    func evidence(_ inventory: Inventory, docker: [DockerFacts]) async -> EvidenceReport {
        var report = EvidenceReader(
            root: root,
            settings: evidenceSettings,
            inventory: inventory
        ).read()
        let mounts = docker.flatMap { facts in
            facts.containers.flatMap { container in
                container.mounts.map {
                    ContainerMount(
                        container: container.name, source: $0.source, destination: $0.destination,
                        image: container.image, id: container.id)
                }
            }
        }
        let lookup = TLSALookup()
        let live = await LiveReader(
            liveSettings, containers: { mounts },
            tlsa: { name, port, transport in await lookup.records(of: name, port: port, transport: transport) }
        ).read(inventory)
        report.join(live)
        return report
    }

    private var evidenceSettings: EvidenceSettings {
        EvidenceSettings(
            extra: settings.evidence.extra, configurations: settings.evidence.configurationsByKind,
            asksServers: root.isSystem)
    }

    private var liveSettings: LiveSettings {
        var live = LiveSettings()
        live.evidence = evidenceSettings
        live.probes = settings.probe.enabled
        live.targets = settings.probe.targets.compactMap { LiveSettings.Target($0) }
        live.probeTimeout = settings.probe.timeout
        live.copyFolders = settings.evidence.copies
        live.looksUpNames = root.isSystem
        live.root = root.outside("/").isEmpty ? "/" : root.outside("/")
        return live
    }
}
