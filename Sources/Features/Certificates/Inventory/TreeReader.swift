import Dispatch
import Glibc
import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads one tree: its three folders first, then every conf, then every lineage, then what belongs to none.
struct TreeReader {
    let tree: CertbotTree
    let now: Date
    let threads: Int

    /// What is being put together.
    struct Part {
        var lineages: [Lineage] = []
        var orphans: [Orphan] = []
        var findings: [Finding] = []
        var unread: [UnreadPlace] = []

        mutating func add(_ code: InventoryFinding, _ text: String, path: String) {
            findings.append(Finding(code, text, path: path))
        }

        mutating func orphan(
            _ code: InventoryFinding, _ kind: String, _ text: String, path: String, lineage: String? = nil
        ) {
            orphans.append(Orphan(path: path, kind: kind, finding: Finding(code, text, path: path), lineage: lineage))
        }
    }

    func read() -> Part {
        var part = Part()
        guard var open = open(&part) else { return part }
        let confs = list(&open, &part)
        readAccounts(&open, &part)
        readLeftovers(open, &part)
        let texts = Parallel.map(confs, threads: threads) { [open] in { ConfReader(open: open).read($0) } }
        var conf: [FileName: RenewalConf] = [:]
        for (name, text) in zip(confs, texts) { conf[name] = text }
        let names = Set(confs).union(open.liveTypes.filter { $0.value == .folder }.keys)
            .union(open.archiveTypes.filter { $0.value == .folder }.keys).sorted()
        let results = Parallel.map(names, threads: threads) { [open, conf] in
            let reader = LineageReader(open)
            return { reader.read($0, conf: conf[$0]) }
        }
        join(open, names, results, &part)
        return part
    }

    // MARK: - Opening

    private func open(_ part: inout Part) -> OpenTree? {
        let root: Folder
        do throws(SystemError) {
            root = try Folder.open(tree.path)
        } catch {
            if FileTrouble.system(error).isMissing {
                part.add(
                    .treeMissing, "\(tree.path): \(error.text). Name certbot's configuration folder.", path: tree.path)
            }
            part.unread.append(UnreadPlace(tree.path, reason: error.text))
            return nil
        }
        guard let status = root.status else { return nil }
        let paths = TreePaths(tree)
        var open = OpenTree(
            tree: tree, paths: paths, root: root, rootStatus: status, renewal: .missing, live: .missing,
            archive: .missing, now: now)
        open.renewal = subfolder("renewal", open, &part)
        open.live = subfolder("live", open, &part)
        open.archive = subfolder("archive", open, &part)
        if case (.missing, .missing, .missing) = (open.renewal, open.live, open.archive) {
            part.add(
                .treeEmpty,
                "\(tree.path) holds neither renewal, live nor archive: it is no certbot tree, or certbot has not issued "
                    + "anything yet.", path: tree.path)
        }
        if paths.isForeign {
            part.add(
                .treeForeign,
                "Certbot knows \(tree.path) as \(tree.ownPath). Run certbot there, in its container or root: with "
                    + "--config-dir \(tree.path) it would act on the files of this machine's \(tree.ownPath).",
                path: tree.path)
        }
        return open
    }

    private func subfolder(_ name: String, _ open: OpenTree, _ part: inout Part) -> Subfolder {
        let path = "\(tree.path)/\(name)"
        do throws(SystemError) {
            let folder = try open.root.folderBeneath(Array(name.utf8))
            guard let status = folder.status else { return .unread }
            return .open(folder, status)
        } catch {
            if error.number == ENOENT, open.root.status(FileName(name)) == nil { return .missing }
            let isDenied = FileTrouble.system(error).isDenied
            if !isDenied {
                part.add(
                    .treeFolder,
                    "\(path) is no folder of the tree (\(error.number == EXDEV ? "a symlink out of it" : error.text)): it "
                        + "was not read. Name the tree where it really is, or put the folder back.", path: path)
            }
            let out = isDenied ? ": run Steward as root or through its helper" : ""
            part.unread.append(UnreadPlace(path, reason: error.text + out))
            return .unread
        }
    }

    // MARK: - Listing

    /// Lists the three folders; returns the confs' names without their ending, by name.
    private func list(_ open: inout OpenTree, _ part: inout Part) -> [FileName] {
        for (name, type) in entries(&open.live, "live", &part) {
            open.liveTypes[name] = type
            let path = "\(tree.path)/live/\(name.text)"
            if type == .link {
                let leads = (try? open.live.folder?.readLink(name)).flatMap { $0 } ?? []
                part.add(
                    .liveAlias,
                    "\(path) is a symlink to \(FileName.shown(leads)): certbot doesn't know it, servers may use it.",
                    path: path)
            } else if type != .folder, name.text != "README" {
                part.orphan(.orphanFile, "file", Self.stray(path, type), path: path)
            }
        }
        for (name, type) in entries(&open.archive, "archive", &part) {
            open.archiveTypes[name] = type
            let path = "\(tree.path)/archive/\(name.text)"
            if type != .folder { part.orphan(.orphanFile, "file", Self.stray(path, type), path: path) }
        }
        var confs: [FileName] = []
        for (name, type) in entries(&open.renewal, "renewal", &part) {
            // Certbot takes what the shell pattern *.conf finds, which leaves out names that begin with a dot.
            if name.hasSuffix(".conf"), name.bytes.count > 5, name.bytes.first != UInt8(ascii: ".") {
                confs.append(FileName(Array(name.bytes.dropLast(5))))
            } else {
                let path = "\(tree.path)/renewal/\(name.text)"
                part.orphan(.orphanFile, "file", Self.stray(path, type), path: path)
            }
        }
        open.confNames = Set(confs)
        return confs
    }

    private static func stray(_ path: String, _ type: FileType) -> String {
        "\(path) is \(type.words) that certbot does not put there and does not read: an extra file that belongs to no "
            + "lineage. Move it away if it is not needed."
    }

    private func entries(
        _ subfolder: inout Subfolder, _ name: String, _ part: inout Part
    ) -> [(name: FileName, type: FileType)] {
        guard let folder = subfolder.folder else { return [] }
        do throws(SystemError) {
            return try folder.entries()
        } catch {
            part.unread.append(UnreadPlace("\(tree.path)/\(name)", reason: error.text))
            subfolder = .unread
            return []
        }
    }
}

/// Maps with a few threads.
enum Parallel {
    /// `transform` makes one function for each thread; results are in the order of `items`.
    static func map<Item: Sendable, Result: Sendable>(
        _ items: [Item], threads: Int, _ transform: @Sendable () -> (Item) -> Result
    ) -> [Result] {
        if threads == 1 || items.count < 32 { return items.map(transform()) }
        let step = 16
        let next = Atomic<Int>(0)
        let parts = Mutex<[(start: Int, results: [Result])]>([])
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let body = transform()
            var own: [(start: Int, results: [Result])] = []
            while true {
                let start = next.add(step, ordering: .relaxed).oldValue
                if start >= items.count { break }
                own.append((start, items[start..<min(start + step, items.count)].map(body)))
            }
            parts.withLock { $0 += own }
        }
        return parts.withLock { $0 }.sorted { $0.start < $1.start }.flatMap(\.results)
    }
}
