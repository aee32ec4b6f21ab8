/// Reads the configurations of the servers in other mount namespaces through `/proc/PID/root`: what they name is used
/// here where it is mounted from. Where nothing else runs there, the mount alone says nothing any more.
struct ContainerReader {
    /// What was found.
    struct Reading {
        /// The signs of use, by the paths of this machine.
        var report = EvidenceReport()
        /// The folders that containers whose every program was understood see, by the first 12 digits of their ids.
        var understood: [String: [MountTable.View]] = [:]
        /// The containers that hold something which wasn't.
        var doubtful: Set<String> = []

        /// Whether the container's use of the folder is known, so that having it mounted says nothing.
        func understands(_ mount: ContainerMount, _ trees: [CertbotTree]) -> Bool {
            let id = String(mount.id.prefix(12))
            guard let views = understood[id], !doubtful.contains(id) else { return false }
            return !MountTable.View.isOfOneLineage(mount.source, trees)
                && views.contains { PathPrefix.contains(PathPrefix.normal(mount.destination), $0.destination) }
        }
    }

    private let inventory: Inventory
    private let settings: EvidenceSettings
    /// The containers' names by the first 12 digits of their ids.
    private let names: [String: String]

    /// A reader for the trees of `inventory`.
    init(inventory: Inventory, settings: EvidenceSettings = EvidenceSettings(), names: [String: String] = [:]) {
        self.inventory = inventory
        self.settings = settings
        self.names = names
    }

    /// Reads all of `spaces`; blocks for as long as that takes.
    func read(_ spaces: [ForeignSpace]) -> Reading {
        var reading = Reading()
        let known = KnownCertificates(inventory)
        for space in spaces {
            let content = SpaceContent(space, name: name(space), known: known, settings: settings)
            reading.report.evidence += content.evidence
            reading.report.findings += content.findings
            let doubts = content.doubts
            for view in space.views {
                let isNarrow = view.isOfOneLineage(inventory.trees)
                if isNarrow ? content.isCertbots : doubts.isEmpty { continue }
                let detail = isNarrow ? "\(space.members.first?.process.name ?? "it") sees it there" : words(doubts)
                let place = Place("\(content.name): \(view.destination)")
                let sign = Evidence(.mount, at: place, target: .path(view.source), detail: detail)
                if !reading.report.evidence.contains(sign) { reading.report.evidence.append(sign) }
            }
            if doubts.isEmpty { reading.report.looked.append(content.looked) }
            guard let id = space.container else { continue }
            if doubts.isEmpty {
                reading.understood[id, default: []] += space.views
            } else {
                reading.doubtful.insert(id)
            }
        }
        return reading
    }

    private func name(_ space: ForeignSpace) -> String {
        if let id = space.container { return "container \(names[id] ?? id)" }
        guard let first = space.members.first(where: { $0.process.id == space.first }) ?? space.members.first else {
            return "pid \(space.first)"
        }
        return "pid \(first.process.id) (\(first.process.name))"
    }

    private func words(_ doubts: [String]) -> String {
        let shown = doubts.prefix(3).joined(separator: "; ")
        return doubts.count > 3 ? "\(shown); and \(doubts.count - 3) more" : shown
    }
}
