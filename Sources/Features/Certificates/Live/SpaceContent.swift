/// What the servers of one mount namespace say, and whether that is all that can be said.
struct SpaceContent {
    /// The namespace as administrators know it: `container web`, `pid 812 (nginx)`.
    let name: String
    /// The signs of use, by the paths of this machine.
    private(set) var evidence: [Evidence] = []
    /// What is wrong with the configurations.
    private(set) var findings: [Finding] = []
    /// Why something there may use more than was found; empty if nothing may.
    private(set) var doubts: [String] = []
    /// Whether nothing but certbot runs there.
    let isCertbots: Bool

    private let space: ForeignSpace
    private let known: KnownCertificates
    private let root: ConfigurationRoot
    private let roles: [(member: ForeignSpace.Member, role: ProgramRole)]

    /// Reads the namespace `space`.
    init(_ space: ForeignSpace, name: String, known: KnownCertificates, settings: EvidenceSettings) {
        self.space = space
        self.name = name
        self.known = known
        root = ConfigurationRoot("/proc/\(space.first)/root")
        roles = space.members.map { ($0, ProgramRole($0)) }
        isCertbots = roles.allSatisfy { $0.role == .certbot }
        // Certbot's own view of the tree is no use of a certificate.
        if isCertbots { return }
        let reading = reading(settings)
        take(reading.report)
        judge(reading)
        // What ended meanwhile, and whose number another process may have now, was not read.
        if ConfigurationRoot().destination("/proc/\(space.first)/ns/mnt") != .success(space.name) {
            (evidence, findings) = ([], [])
            doubts = ["its processes ended while they were looked at; look again"]
        }
    }

    /// `configuration of container web (nginx)`.
    var looked: String {
        let kinds = Set(roles.compactMap { $0.role.kind?.rawValue }).sorted()
        return "configuration of \(name) (\(kinds.isEmpty ? "no server" : kinds.joined(separator: ", ")))"
    }

    private func reading(_ settings: EvidenceSettings) -> EvidenceReader.Reading {
        var settings = settings
        settings.asksServers = false
        for (member, role) in roles {
            guard case .server(let kind, _) = role else { continue }
            settings.configurations[kind, default: []] += ProgramRole.named(kind, member.words)
        }
        let trees = space.views.map { CertbotTree(path: root.outside($0.destination), ownPath: $0.destination) }
        let lineages = known.inventory.lineages.map { lineage in
            var lineage = lineage
            // Their hooks are certbot's and run elsewhere.
            lineage.renewal = nil
            return lineage
        }
        return EvidenceReader(
            root: root, settings: settings, inventory: Inventory(trees: trees, lineages: lineages)
        ).readWithFiles()
    }

    // MARK: From there to here

    private func isOwn(_ place: String) -> Bool {
        guard let inside = root.inside(place) else { return false }
        return space.views.contains { PathPrefix.contains($0.destination, inside) }
    }

    private func shown(_ text: String) -> String {
        text.split(separator: root.prefix + "/", omittingEmptySubsequences: false).joined(separator: "\(name): /")
    }

    private mutating func take(_ report: EvidenceReport) {
        var seen: Set<Evidence> = []
        var files: Set<String> = []
        // The hooks in the tree itself are read where the tree is.
        for sign in report.evidence where !isOwn(sign.place.text) {
            let place = Place(shown(sign.place.text), line: sign.place.line)
            for target in targets(sign.target, &files) {
                let sign = Evidence(sign.kind, at: place, target: target, detail: sign.detail)
                if seen.insert(sign).inserted { evidence.append(sign) }
            }
        }
        for finding in report.findings where finding.code == "missing-file" {
            findings.append(
                Finding(finding.code, finding.severity, shown(finding.text), path: finding.path.map(shown)))
        }
        for place in report.unread where place.mayHoldUse {
            doubts.append("\(shown(place.place)) could not be read: \(place.reason)")
        }
    }

    private mutating func targets(_ target: Evidence.Target, _ locked: inout Set<String>) -> [Evidence.Target] {
        guard case .path(let path) = target else { return [target] }
        guard let inside = root.inside(path).map(PathPrefix.normal) else { return [] }
        let here = space.views.compactMap { $0.here(inside) }
        if !here.isEmpty { return here.map { .path($0) } }
        // Copies in the container, which nothing else looks for.
        var budget = 2_000
        let found = copies(inside, depth: 4, &locked, &budget)
        if budget <= 0 { doubt("\(inside) holds more files than are compared") }
        return found
    }

    private mutating func copies(
        _ path: String, depth: Int, _ locked: inout Set<String>, _ budget: inout Int
    ) -> [Evidence.Target] {
        budget -= 1
        guard budget > 0 else { return [] }
        if case .success(let names) = root.names(in: path) {
            guard depth > 0 else {
                doubt("\(path) lies deeper than is compared")
                return []
            }
            return names.flatMap { copies(PathText.joined(path, $0), depth: depth - 1, &locked, &budget) }
        }
        guard case .success(let bytes) = root.read(path) else { return [] }
        let content = CertificateFile.read(bytes)
        if let kind = content.locked, kind == .store, locked.insert(path).inserted {
            doubt("\(path) is \(kind.rawValue), which can't be read")
        }
        return content.certificates.flatMap(known.targets) + (content.key.map { [.spki($0)] } ?? [])
    }

    private mutating func doubt(_ text: String) {
        if !doubts.contains("\(name): \(text)") { doubts.append("\(name): \(text)") }
    }

    // MARK: Whether that is all

    private mutating func judge(_ reading: EvidenceReader.Reading) {
        if space.isDivided { doubts.append("processes with another root see it as well") }
        var spoken: Set<Evidence.Kind> = []
        var parts: [Evidence.Kind: UsingProcess] = [:]
        var strangers: [String: UsingProcess] = [:]
        for (member, role) in roles {
            switch role {
            case .server(let kind, let usual):
                spoken.insert(kind)
                if let doubt = doubt(kind, usual, member, reading.files[kind] ?? []) { note(doubt, member.process) }
            case .part(let kind): parts[kind] = member.process
            case .shell: if let doubt = scriptDoubt(member) { note(doubt, member.process) }
            case .harmless: if let doubt = wordsDoubt(member) { note(doubt, member.process) }
            case .certbot: break
            case .unknown: strangers[member.program ?? "pid \(member.process.id)"] = member.process
            }
        }
        for (kind, process) in parts where !spoken.contains(kind) { note("its main process is not seen", process) }
        // Whoever names the configuration of the only stranger, in which its certificates then stand, speaks for it.
        let isNamed = evidence.contains { sign in
            if case .path = sign.target { sign.kind == .extra } else { false }
        }
        if strangers.count == 1, isNamed { return }
        for (_, process) in strangers.sorted(by: { $0.value.id < $1.value.id }) {
            note(
                "what it reads isn't known: name its configuration, as it is called there, in "
                    + "certificates.evidence.extra, or mount there only the folders of the lineages that it uses",
                process)
        }
    }

    private mutating func note(_ doubt: String, _ process: UsingProcess) {
        let text = "\(process.name) (pid \(process.id)): \(doubt)"
        if !doubts.contains(text) { doubts.append(text) }
    }

    private func doubt(
        _ kind: Evidence.Kind, _ usual: [String], _ member: ForeignSpace.Member, _ files: Set<String>
    ) -> String? {
        if let doubt = ProgramRole.doubt(kind, member.words) { return doubt }
        let named = ProgramRole.named(kind, member.words)
        let isRead = { (path: String) in files.contains(root.resolve(path).resolved) }
        if let unread = named.first(where: { !isRead($0) }) { return "its configuration \(unread) could not be read" }
        if named.isEmpty, !usual.contains(where: isRead) {
            return "its configuration was not found; start it with the option that names it"
        }
        return nil
    }

    private func wordsDoubt(_ member: ForeignSpace.Member) -> String? {
        let text = member.words.joined(separator: " ")
        // Whoever waits for a change of the tree doesn't use it.
        guard !["inotifywait", "inotifyd"].contains(member.program.map(PathText.name) ?? "") else { return nil }
        let view = space.views.first { text.contains($0.destination) }
        return view.map { "its command line names \($0.destination)" }
    }

    private func scriptDoubt(_ member: ForeignSpace.Member) -> String? {
        if let doubt = wordsDoubt(member) { return doubt }
        let words = member.words.dropFirst()
        let isText = words.contains { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.hasSuffix("c") }
        guard !isText, let script = words.first(where: { !$0.hasPrefix("-") }) else { return nil }
        let path = PathText.joined(member.folder, script)
        guard case .success(let bytes) = root.read(path) else { return "its script \(path) could not be read" }
        let text = String(decoding: bytes, as: UTF8.self)
        let view = space.views.first { text.contains($0.destination) }
        return view.map { "its script \(path) names \($0.destination)" }
    }
}

extension ProgramRole {
    /// The server that it is or belongs to.
    fileprivate var kind: Evidence.Kind? {
        switch self {
        case .server(let kind, _), .part(let kind): kind
        default: nil
        }
    }
}
