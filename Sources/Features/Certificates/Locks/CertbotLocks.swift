import CLinux
import Glibc
import Synchronization

/// Certbot's locks on folders, held by this process: `.certbot.lock` in each, with a POSIX record lock over the whole
/// file (certbot `_internal/lock.py`). Released when told to; the kernel releases them when the process ends.
package final class CertbotLocks: Sendable {
    /// The lock file's name in each folder.
    package static let fileName = ".certbot.lock"

    private struct Held {
        var folder: Int32
        var file: Int32
        var key: FileKey
    }

    private let held = Mutex<[Held]>([])

    /// Takes the locks of all `folders` that exist, in this order, and waits for up to `patience` while another
    /// process holds one.
    /// - Throws: ``RemovalError``: `locked`, with the holder and what it is doing.
    package init(
        folders: [String], patience: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) {
        let deadline = ContinuousClock.now + patience
        for folder in folders {
            do throws(RemovalError) {
                while try !take(folder) {
                    guard ContinuousClock.now < deadline else { throw Self.refusal(folder) }
                    try? await Task.sleep(for: .milliseconds(100))
                }
            } catch {
                release()
                throw error
            }
        }
    }

    deinit { release() }

    /// Gives all of them back as certbot does: the file is removed first, while the lock on it still holds.
    package func release() {
        held.withLock { held in
            for lock in held.reversed() {
                unlinkat(lock.folder, Self.fileName, 0)
                OwnLocks.close(lock.file, lock.key)
                close(lock.folder)
            }
            held.removeAll()
        }
    }

    /// One attempt; whether the lock is held now, or the folder does not exist.
    private func take(_ folder: String) throws(RemovalError) -> Bool {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory < 0 && errno == ENOENT { return true }
        guard directory >= 0 else { throw RemovalError(CallFailure("open", folder), "Certbot's lock can't be taken") }
        do throws(CallFailure) {
            guard let (file, key) = try OwnLocks.open(directory, folder) else {
                close(directory)
                return false
            }
            held.withLock { $0.append(Held(folder: directory, file: file, key: key)) }
            return true
        } catch {
            close(directory)
            throw RemovalError(error, "Certbot's lock can't be taken")
        }
    }

    private static func refusal(_ folder: String) -> RemovalError {
        let state = LockReader().read(folder: folder, role: .configuration)
        var sentences = ["Certbot's lock on \(folder) is held; nothing was touched."]
        if case .held(let holder) = state.status { sentences += holder.sentences }
        return RemovalError(.locked, sentences: sentences)
    }
}

/// A file, known by its device and inode.
struct FileKey: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64

    init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) { self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) }
}

/// The lock files that this process holds. POSIX gives a process's record locks on a file up when it closes *any*
/// descriptor of that file, and lets it take its own locks twice: both must not happen.
enum OwnLocks {
    private static let keys = Mutex<Set<FileKey>>([])

    /// Opens and locks `.certbot.lock` in `directory`; nil while somebody holds it, this process included.
    static func open(_ directory: Int32, _ folder: String) throws(CallFailure) -> (file: Int32, key: FileKey)? {
        try keys.withLock { keys throws(CallFailure) in
            while true {
                if let status = status(directory), keys.contains(FileKey(status)) { return nil }
                let flags = O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK
                let file = clinux_open_within(directory, CertbotLocks.fileName, flags, 0o600)
                guard file >= 0 else { throw CallFailure("open", "\(folder)/\(CertbotLocks.fileName)") }
                guard clinux_lock_record(file) == 0 else {
                    let failure = CallFailure("lock", "\(folder)/\(CertbotLocks.fileName)")
                    Glibc.close(file)
                    if failure.number == EACCES || failure.number == EAGAIN { return nil }
                    throw failure
                }
                var status = stat()
                if fstat(file, &status) == 0, let named = self.status(directory), FileKey(named) == FileKey(status) {
                    keys.insert(FileKey(status))
                    return (file, FileKey(status))
                }
                // The last holder removed the file between opening and locking it: lock the new one.
                Glibc.close(file)
            }
        }
    }

    static func close(_ file: Int32, _ key: FileKey) {
        keys.withLock { keys in
            Glibc.close(file)
            keys.remove(key)
        }
    }

    /// Runs `body` unless this process holds the file; nil then. No lock is taken or given up meanwhile.
    static func unlessHeld<Result>(_ key: FileKey, _ body: () -> Result) -> Result? {
        keys.withLock { $0.contains(key) ? nil : body() }
    }

    private static func status(_ directory: Int32) -> stat? {
        var status = stat()
        return fstatat(directory, CertbotLocks.fileName, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }
}
