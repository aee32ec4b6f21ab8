#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads one lineage after the other; one for each thread, for its buffer and what it remembers of chains.
final class LineageReader {
    let open: OpenTree
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 15, alignment: 16)
    var chains = ChainCache()

    init(_ open: OpenTree) { self.open = open }
    deinit { buffer.deallocate() }

    /// One lineage with what the tree's reader must know to compare it with the others.
    struct Result: Sendable {
        var lineage: Lineage
        /// The folders in `archive/` that its symlinks in live lead into.
        var linkedArchives: Set<FileName> = []
        /// The folder in `archive/` that its conf names.
        var claimedArchive: FileName?
        /// The folder in `live/` that its conf names.
        var claimedLive: FileName?
        var unread: [UnreadPlace] = []
    }

    /// What is being put together about one lineage.
    struct Draft {
        let name: FileName
        var result: Result
        var conf: RenewalConf?
        var livePlace: [[UInt8]]
        var archivePlace: [[UInt8]]
        var links: [LiveLink] = []
        var listing = ArchiveListing()
        var archive: Folder?
        var archiveStatus: FileStatus?
        /// Absolute paths that its symlinks lead to out of the tree.
        var outside: [String] = []

        mutating func add(_ code: InventoryFinding, _ text: String, path: String? = nil) {
            result.lineage.findings.append(Finding(code, text, path: path))
        }
    }

    /// Everything about the lineage `name`; `conf` is its renewal conf, if there is one.
    func read(_ name: FileName, conf: RenewalConf?) -> Result {
        let live = [OpenTree.liveName, name.bytes], archive = [OpenTree.archiveName, name.bytes]
        let lineage = Lineage(name: name.text, tree: open.tree.path)
        var draft = Draft(
            name: name, result: Result(lineage: lineage), conf: conf, livePlace: live, archivePlace: archive)
        if !name.isPlain {
            if String(validating: name.bytes, as: UTF8.self) == nil { draft.result.lineage.nameBytes = name.bytes }
            draft.add(
                .nameNotUTF8,
                "The name \(name.text) holds bytes that are not UTF-8 or control characters, shown as \\xNN: certbot "
                    + "can't work with it. Issue the certificate under another name, then remove this lineage.")
        }
        readConf(&draft)
        readArchive(&draft)
        readLive(&draft)
        readFiles(&draft)
        finish(&draft)
        return draft.result
    }

    // MARK: - Conf

    private func readConf(_ draft: inout Draft) {
        guard let conf = draft.conf else {
            if open.renewal.isUnread { return }
            draft.add(
                .confMissing,
                "There is no renewal conf renewal/\(draft.name.text).conf for these files: certbot does not renew the "
                    + "lineage and does not know it. If it is used, issue the certificate again with --cert-name.",
                path: "\(open.tree.path)/renewal")
            return
        }
        draft.result.lineage.confPath = "\(open.tree.path)/renewal/\(draft.name.text).conf"
        draft.result.lineage.renewal = conf.facts
        draft.result.lineage.findings += conf.findings
        conf.unread.map { draft.result.unread.append($0) }
        if let facts = conf.facts { judgePaths(facts, &draft) }
    }

    // MARK: - Archive

    private func readArchive(_ draft: inout Draft) {
        guard let archives = open.archive.folder else {
            if case .missing = open.archive { noArchive(&draft) }
            return
        }
        let isOwn = draft.archivePlace == [OpenTree.archiveName, draft.name.bytes]
        let path = open.paths.shown(draft.archivePlace)
        do throws(SystemError) {
            let folder: Folder
            if isOwn {
                guard let type = open.archiveTypes[draft.name] else { return noArchive(&draft) }
                guard type == .folder else {
                    return draft.add(
                        .archiveNotFolder,
                        "\(path) is \(type.words), not a folder. Move it away, or put the folder back.", path: path)
                }
                folder = try archives.folder(draft.name)
            } else {
                folder = try open.root.folderBeneath(Array(TreePaths.joined(draft.archivePlace).dropFirst()))
            }
            draft.listing = try ArchiveListing(folder, buffer)
            draft.archive = folder
            draft.archiveStatus = open.lets(0o011) ? folder.status : nil
            draft.result.lineage.archivePath = path
            draft.result.lineage.versions = draft.listing.versions.keys.sorted()
        } catch {
            if FileTrouble.system(error).isMissing { return noArchive(&draft) }
            draft.add(.archiveUnread, "\(path) can't be read: \(error.text). Run Steward as root.", path: path)
            draft.result.unread.append(UnreadPlace(path, reason: error.text))
        }
        judgeListing(&draft, path)
    }

    private func noArchive(_ draft: inout Draft) {
        let path = open.paths.shown(draft.archivePlace)
        draft.add(
            .archiveMissing,
            "\(path) is missing: the lineage has no files. Restore it from a backup, or issue the certificate again.",
            path: path)
    }

    private func judgeListing(_ draft: inout Draft, _ path: String) {
        for (file, type) in draft.listing.odd.prefix(4) {
            let name = "\(path)/\(file.name.text)"
            draft.add(.archiveNotFile, "\(name) is \(type.words), not a regular file. Put the file back.", path: name)
        }
        if let first = draft.listing.extra.first {
            let count = draft.listing.extra.count
            draft.add(
                .archiveExtra,
                "\(path) holds \(count == 1 ? "an extra file" : "\(count) extra files") that certbot does not put "
                    + "there: \(first.text)\(count > 1 ? ", ..." : ""). 'certbot delete' would leave the folder.",
                path: "\(path)/\(first.text)")
        }
        if let (newest, kinds) = draft.listing.versions.max(by: { $0.key < $1.key }), kinds != .all {
            let names = kinds.missing.map { "\($0.rawValue)\(newest).pem" }.joined(separator: ", ")
            draft.add(
                .archiveIncomplete,
                "The newest version in \(path) is incomplete: \(names) is missing. Restore it, or renew with "
                    + "--force-renewal.", path: path)
        }
    }
}
