/// The scripts of one zone by the URL path that they answer. Confined to its event loop.
struct Catalogue: ~Copyable {
    /// Prefix of the zone without a slash at its end; empty for the zone `/`.
    let base: String
    private let zone: String
    private let root: String
    private let excluded: Set<String>
    private(set) var scripts: [String: Script] = [:]
    private var watch: FolderWatch
    private var entries = FolderEntries()
    /// Grows with every change beneath the folder; workers reload when they see a new one.
    private(set) var generation: UInt32 = 1
    /// Folders beneath it that can't be read, one sentence each.
    private(set) var unreadable: [String] = []
    /// Why the folder can't be read, if it can't.
    private(set) var failure: String?

    /// Scans `root` for the zone at `prefix`; `excluded` folders belong to other zones.
    init(prefix: String, root: String, excluded: Set<String>) {
        zone = prefix
        base = prefix == "/" ? "" : prefix
        self.root = root
        self.excluded = excluded
        watch = FolderWatch(root: root, listed: Self.listed(excluded))
        rescan()
        entries = FolderEntries(root: root, folders: Self.listed(excluded), excluded: excluded)
    }

    /// The folders whose entries workers may reach one by one, because something beneath isn't theirs.
    private static func listed(_ excluded: Set<String>) -> Set<String> {
        var folders: Set<String> = []
        for path in excluded {
            let parts = path.split(separator: "/")
            for count in parts.indices { folders.insert(parts[..<count].joined(separator: "/")) }
        }
        return folders
    }

    /// Whether what workers may reach of the folder is other than when this was asked last: the folder itself is another
    /// one, or an entry is that was named to them.
    mutating func takeReachChange() -> ReachChange? {
        let before = entries
        let isListedChanged = watch.takeListedChange()
        let place = FolderEntries.identity(root)
        guard isListedChanged || place != entries.place else { return nil }
        entries = FolderEntries(root: root, folders: Self.listed(excluded), excluded: excluded)
        if entries.place != before.place { return .folder }
        return entries.names != before.names ? .entries : nil
    }

    /// What is new about the reach of workers.
    enum ReachChange {
        /// The folder is another one.
        case folder
        /// Entries of it are.
        case entries
    }

    /// Looks whether something changed; returns the scripts that are new or different, nil if nothing did.
    mutating func refresh(now: UInt64) -> [Script]? {
        guard watch.hasChanged(now: now) else { return nil }
        let fresh = rescan()
        generation &+= 1
        return fresh
    }

    /// The script for a decoded URL path, with the part of the path that it answers and what follows it.
    func match(_ path: String) -> (script: Script, name: String, rest: Substring)? {
        if let script = scripts[path] { return (script, path, "") }
        var end = path.endIndex
        while let slash = path[..<end].lastIndex(of: "/"), slash > path.startIndex {
            let name = String(path[..<slash])
            if let script = scripts[name] { return (script, name, path[slash...]) }
            end = slash
        }
        return nil
    }

    /// Reads the folder anew, and once more if it had folders that nobody watched while it was read.
    @discardableResult private mutating func rescan() -> [Script] {
        var fresh: [Script] = []
        do {
            var scan = try FolderScan(root: root, excluded: excluded)
            if watch.cover(scan.folders) { scan = try FolderScan(root: root, excluded: excluded) }
            var found: [String: Script] = [:]
            for file in scan.files {
                let route = base + "/" + file.path
                if let known = scripts[route], known.kind == file.kind {
                    if known.stamp != file.stamp {
                        known.change(to: file.stamp)
                        fresh.append(known)
                    }
                    found[route] = known
                } else {
                    let script = Script(
                        path: file.path, route: route, zone: zone, kind: file.kind, stamp: file.stamp)
                    found[route] = script
                    fresh.append(script)
                }
            }
            scripts = found
            failure = nil
            unreadable = scan.unreadable.map { ScanFailure(path: root + "/" + $0.path, reason: $0.reason).description }
        } catch {
            scripts = [:]
            failure = error.description
        }
        return fresh
    }
}

extension Script {
    func change(to stamp: FileStamp) {
        self.stamp = stamp
        modified = stamp.seconds
        description = nil
        mentionsGPU = nil
        profile.reset()
    }
}
