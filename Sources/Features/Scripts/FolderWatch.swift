import CLinux
import Glibc

/// Tells whether anything that matters changed beneath a zone folder: inotify(7) where it works, otherwise
/// a look at the clock. Asking costs one system call when nothing happened.
struct FolderWatch: ~Copyable {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)
    private var nextPoll: UInt64 = 0

    private let root: String
    private var watches: Set<Int32> = []
    /// Folders whose entries count one by one, whatever their names, relative to the root.
    private let listed: Set<String>
    private var listedWatches: Set<Int32> = []
    /// An entry of such a folder came, went, or was replaced since `takeListedChange()`.
    private var listedChanged = false

    /// Whether the kernel tells of changes; otherwise every look after `pollInterval` counts as a change.
    private(set) var isNotified: Bool

    /// Nanoseconds between two looks where there is no notification.
    static let pollInterval: UInt64 = 200_000_000

    /// Watches nothing yet beneath `root`.
    init(root: String, listed: Set<String> = []) {
        self.root = root
        self.listed = listed
        descriptor = clinux_is_remote(root) != 0 ? -1 : inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        isNotified = descriptor >= 0
    }

    /// Watches these folders beneath the root too; what is watched already stays so. Once the kernel
    /// refuses (its `max_user_watches` is reached) the clock takes over.
    /// - Returns: whether any of them was not watched before, so that something may have been missed.
    mutating func cover(_ folders: [String]) -> Bool {
        var isNew = false
        let mask = UInt32(
            IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF
                | IN_MOVE_SELF)
        for folder in folders where isNotified {
            let path = folder.isEmpty ? root : root + "/" + folder
            let watch = inotify_add_watch(descriptor, path, mask)
            isNotified = watch >= 0
            if watches.insert(watch).inserted { isNew = true }
            if listed.contains(folder) { listedWatches.insert(watch) }
        }
        return isNew || !isNotified
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether a route, a module or a folder may have changed since the last call.
    mutating func hasChanged(now: UInt64) -> Bool {
        guard isNotified else {
            guard now >= nextPoll else { return false }
            nextPoll = now + Self.pollInterval
            return true
        }
        var changed = false
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return changed }
            if !changed { changed = buffer.withUnsafeBytes { Self.matters($0.prefix(count)) } }
            if !listed.isEmpty, !listedChanged {
                listedChanged = buffer.withUnsafeBytes { Self.renames($0.prefix(count), in: listedWatches) }
            }
        }
    }

    /// Whether an entry of a listed folder may have come, gone or been replaced; asks once.
    mutating func takeListedChange() -> Bool {
        defer { listedChanged = false }
        return !listed.isEmpty && (listedChanged || !isNotified)
    }

    private static func renames(_ events: Slice<UnsafeRawBufferPointer>, in watches: Set<Int32>) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: events)
        var offset = 0
        while offset + MemoryLayout<inotify_event>.size <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            let kinds = UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
            if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
            if event.mask & kinds != 0, watches.contains(event.wd) { return true }
            offset += MemoryLayout<inotify_event>.size + Int(event.len)
        }
        return false
    }

    /// Whether any event is about more than a data file that a script wrote.
    private static func matters(_ events: Slice<UnsafeRawBufferPointer>) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: events)
        var offset = 0
        while offset + MemoryLayout<inotify_event>.size <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            let start = offset + MemoryLayout<inotify_event>.size
            let name = String(decoding: bytes[start..<(start + Int(event.len))].prefix { $0 != 0 }, as: UTF8.self)
            if matters(name: name, mask: event.mask) { return true }
            offset = start + Int(event.len)
        }
        return false
    }

    private static func matters(name: String, mask: UInt32) -> Bool {
        if mask & UInt32(IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF) != 0 { return true }
        if mask & UInt32(IN_ISDIR) != 0 { return name != "__pycache__" }
        guard !name.isEmpty, let dot = name.lastIndex(of: ".") else { return mask & UInt32(IN_IGNORED) == 0 }
        return !dataSuffixes.contains(String(name[dot...]))
    }

    /// Names that scripts write beside themselves and that are never code.
    private static let dataSuffixes: Set<String> = [
        ".pyc", ".log", ".tmp", ".json", ".csv", ".txt", ".db", ".sqlite", ".sqlite3", ".swp", ".pid", ".lock",
    ]
}
