import CLinux
import Glibc

/// The quarantine's journal on disk. Whoever appends holds the quarantine's lock.
struct Journal {
    static let name = "journal"
    /// A journal this large is put aside once nothing is under way.
    static let rotation = 4 << 20

    let tree: TreeFolder
    let path: TreePath

    init(_ tree: TreeFolder) {
        self.tree = tree
        path = Quarantine.folder.appending(Array(Self.name.utf8))
    }

    /// What it says; nothing where there is none.
    func read() throws(RemovalError) -> JournalText.Content {
        let bytes: [UInt8]
        do throws(CallFailure) { bytes = try tree.read(path, limit: 1 << 28) ?? [] } catch {
            throw RemovalError(error, "The journal can't be read")
        }
        return try JournalText.parse(bytes, path: tree.shown(path))
    }

    /// Appends a record and makes it durable. Where that fails the file is as it was, as far as the disk lets it.
    func append(_ record: JournalRecord) throws(RemovalError) {
        let line = try JournalText.line(record)
        do throws(CallFailure) {
            let file = try tree.open(path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
            defer { close(file) }
            var status = stat()
            guard fstat(file, &status) == 0 else { throw CallFailure("look at", tree.shown(path)) }
            do throws(CallFailure) {
                try tree.writeAll(file, line, path)
                guard fdatasync(file) == 0 else { throw CallFailure("write", tree.shown(path)) }
                if status.st_size == 0 { try tree.sync(path.parent) }
            } catch {
                ftruncate(file, status.st_size)
                throw error
            }
        } catch {
            throw RemovalError(error, "The journal can't be written")
        }
    }

    /// Cuts off what a torn append left, or puts a large journal of finished acts aside.
    func tidy(_ content: JournalText.Content) throws(CallFailure) {
        if content.isTorn {
            let file = try tree.open(path, O_WRONLY)
            defer { close(file) }
            guard ftruncate(file, off_t(content.length)) == 0, fsync(file) == 0 else {
                throw CallFailure("shorten", tree.shown(path))
            }
        } else if content.length > Self.rotation {
            let old = Quarantine.folder.appending(Array("journal.old".utf8))
            try tree.remove(old, folder: false)
            try tree.move(path, to: old)
            try tree.sync(path.parent)
        }
    }
}

extension [JournalRecord] {
    /// The intents that have no outcome: what was interrupted.
    var interrupted: [JournalRecord] {
        let closed = Set(filter { $0.phase != .intent }.map(\.id))
        return filter { $0.phase == .intent && !closed.contains($0.id) }
    }

    /// The modification times of the tree's folders as the last act left them.
    var lastTimes: [String: FileTime] {
        var times: [String: FileTime] = [:]
        for record in self where record.phase == .done {
            for time in record.times { times[time.folder] = time.time }
        }
        return times
    }
}
