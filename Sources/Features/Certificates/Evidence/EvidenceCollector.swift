/// Gathers what one reading finds. Every reader reads files and reports uses through it, so that missing, unreadable
/// and mentioned files are told in the same way.
package final class EvidenceCollector {
    /// The root that paths are relative to.
    package let root: ConfigurationRoot
    /// What is known about the trees.
    package let index: LineageIndex
    /// What has been found.
    package private(set) var report = EvidenceReport()
    private var known: Set<Evidence> = []
    private var unread: Set<UnreadPlace> = []
    private var findings: Set<Finding> = []
    private var mentioned: Set<String> = []

    /// An empty report on `root`.
    package init(root: ConfigurationRoot, index: LineageIndex = LineageIndex(Inventory())) {
        self.root = root
        self.index = index
    }

    /// How a use was written.
    package struct Use {
        /// The server.
        package var kind: Evidence.Kind
        /// The inside path of the configuration file.
        package var file: String
        /// The line.
        package var line: Int?
        /// The directive.
        package var detail: String
        /// Whether the server certainly reads it: not where it stands in a conditional of unknown truth, or where it
        /// may be missing.
        package var isCertain: Bool

        /// A use in `file`.
        package init(_ kind: Evidence.Kind, file: String, line: Int?, detail: String, isCertain: Bool = true) {
            self.kind = kind
            self.file = file
            self.line = line
            self.detail = detail
            self.isCertain = isCertain
        }
    }

    /// The place of `file` (an inside path) as this system's administrator opens it.
    package func place(_ file: String, _ line: Int?) -> Place {
        Place(ByteText.shown(root.outside(file)), line: line)
    }

    /// Adds one sign.
    package func add(_ evidence: Evidence) {
        if known.insert(evidence).inserted { report.evidence.append(evidence) }
    }

    /// Adds that `path` (absolute, inside; parts may be ``PossiblePath/unknown``) is used: one sign for the path as
    /// written and one for each path that its symlinks lead to.
    package func use(_ path: String, _ use: Use) {
        guard PathText.isAbsolute(path) else { return unclear(path, use) }
        if PossiblePath.isUnknown(path) { return usePattern(path, use) }
        let resolved = root.resolve(path)
        add(resolved.stages, use)
        switch resolved.state {
        case .missing where use.isCertain: missing(path, resolved.resolved, use)
        case .unreadable(let reason): cannotRead(resolved.resolved, reason)
        default: break
        }
    }

    /// Adds that the folder `path` is used with every file in it, as deep as `depth`: one sign for the folder, and
    /// one for each place outside it that a symlink in it leads to.
    package func useFolder(_ path: String, _ use: Use, depth: Int = 1) {
        self.use(path, use)
        var budget = ConfigurationRoot.globLimit
        useFiles(in: path, beneath: root.resolve(path).stages, use, depth: depth, &budget)
    }

    private func useFiles(
        in path: String, beneath folders: [String], _ use: Use, depth: Int, _ budget: inout Int
    ) {
        switch root.names(in: path) {
        case .failure(.missing): break
        case .failure(.unreadable(let reason)): cannotRead(path, reason)
        case .success(let names):
            for name in names where budget > 0 {
                budget -= 1
                let resolved = root.resolve(PathText.joined(path, name))
                if resolved.state != .folder {
                    add(resolved.stages.filter { stage in !folders.contains { PathText.isWithin(stage, $0) } }, use)
                } else if depth > 1 {
                    useFiles(
                        in: PathText.joined(path, name), beneath: folders, use, depth: depth - 1, &budget)
                }
            }
        }
    }

    private func usePattern(_ path: String, _ use: Use) {
        let components = PathWalk.components(path)
        // A path that is unknown from its first component on can be any file.
        guard let first = components.first, !PossiblePath.isUnknown(String(first)) else { return unclear(path, use) }
        let found = root.glob(PossiblePath.glob(path), matchesDots: true)
        for place in found.unread { cannotRead(unread: place) }
        var use = use
        use.detail += ", which can name \(PossiblePath.shown(path))"
        for match in found.paths { add(root.resolve(match).stages, use) }
    }

    private func unclear(_ path: String, _ use: Use) {
        let value = PossiblePath.shown(path)
        cannotRead(
            unread: UnreadPlace(
                place(use.file, use.line).description,
                reason: "\(use.detail) \(value): only the running server knows which file that is; "
                    + "name the files with `extra`, or write the path out"))
    }

    private func add(_ stages: [String], _ use: Use) {
        let place = place(use.file, use.line)
        for stage in stages {
            add(
                Evidence(
                    use.kind, at: place, target: .path(ByteText.shown(root.outside(stage))), detail: use.detail))
        }
    }

    private func missing(_ path: String, _ end: String, _ use: Use) {
        let written = ByteText.shown(root.outside(path))
        let target = ByteText.shown(root.outside(end))
        let what =
            written == target
            ? "\(written), which does not exist" : "\(written), which leads to \(target): nothing is there"
        add(
            Finding(
                "missing-file", .problem,
                "\(place(use.file, use.line)): \(use.detail) names \(what). The server fails or goes without it at its "
                    + "next start or reload: correct the path, put the file back or take the line out.",
                path: written))
    }

    /// Adds a finding.
    package func add(_ finding: Finding) {
        if findings.insert(finding).inserted { report.findings.append(finding) }
    }

    /// Adds a place that was looked at.
    package func looked(at place: String) {
        if !report.looked.contains(place) { report.looked.append(place) }
    }

    /// Adds that the inside path `path` could not be read.
    package func cannotRead(_ path: String, _ reason: String) {
        cannotRead(unread: UnreadPlace(ByteText.shown(root.outside(path)), reason: reason))
    }

    /// Adds a place that could not be read.
    package func cannotRead(unread place: UnreadPlace) {
        if unread.insert(place).inserted { report.unread.append(place) }
    }

    /// Reads a configuration file; nil if it can't be read, which the report then says. `namedBy` names it; without,
    /// or where that isn't certain, a missing file is no news.
    package func read(_ path: String, as kind: Evidence.Kind, namedBy use: Use? = nil) -> SourceFile? {
        switch root.read(path) {
        case .success(let bytes):
            let file = SourceFile(path: path, resolved: root.resolve(path).resolved, bytes: bytes)
            noteMentions(in: file, kind)
            return file
        case .failure(.missing):
            if let use, use.isCertain { missing(path, root.resolve(path).resolved, use) }
            return nil
        case .failure(.unreadable(let reason)):
            cannotRead(path, reason)
            return nil
        }
    }

    /// The detail of a sign that is nothing but a path in a line.
    static let mention = "mentions it"

    /// A net below every reader: each path into a lineage that a line outside comments holds is a sign of use, whatever
    /// the directive.
    private func noteMentions(in file: SourceFile, _ kind: Evidence.Kind) {
        guard mentioned.insert("\(kind) \(file.path)").inserted, !index.isEmpty else { return }
        for mention in index.paths(in: file.bytes) {
            let use = Use(kind, file: file.path, line: mention.line, detail: Self.mention, isCertain: false)
            self.use(mention.path, use)
        }
    }
}
