import CLinux
import Glibc

/// What a zone folder holds: the files that are routes, and the folders to watch.
struct FolderScan {
    struct File: Equatable {
        /// Path beneath the zone folder.
        var path: String
        var kind: Script.Kind
        var stamp: FileStamp
    }

    private(set) var files: [File] = []
    /// Paths of folders beneath the zone folder, the zone folder itself first as the empty path.
    private(set) var folders: [String] = [""]
    /// Folders that could not be read, with the reason.
    private(set) var unreadable: [(path: String, reason: String)] = []

    /// Walks `root`. Names that start with `_` or `.` are no routes, nor are folders of such names searched;
    /// symbolic links count when what they lead to lies beneath `root` (openat2, RESOLVE_BENEATH).
    /// `excluded` are folders (beneath `root`) that belong to other zones.
    /// - Throws: `ScanFailure` when the folder itself can't be opened.
    init(root: String, excluded: Set<String> = []) throws(ScanFailure) {
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ScanFailure(path: root, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let probe = clinux_open_beneath(descriptor, ".", clinux_O_PATH | O_CLOEXEC)
        if probe >= 0 {
            close(probe)
        } else if errno == ENOSYS {
            throw ScanFailure(path: root, reason: Self.withoutOpenat2)
        }
        walk(descriptor, folder: "", excluded: excluded, depth: 0)
    }

    private mutating func walk(_ root: Int32, folder: String, excluded: Set<String>, depth: Int) {
        let names: [String]
        do { names = try Self.names(root, folder) } catch {
            unreadable.append((folder, error.reason))
            return
        }
        for name in names where Self.mayBeRoute(name) {
            let path = folder.isEmpty ? name : folder + "/" + name
            let descriptor = clinux_open_beneath(root, path, clinux_O_PATH | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            var information = stat()
            let known = fstat(descriptor, &information) == 0
            close(descriptor)
            guard known else { continue }
            switch information.st_mode & S_IFMT {
            case S_IFDIR:
                guard depth < 32, !excluded.contains(path) else { continue }
                folders.append(path)
                walk(root, folder: path, excluded: excluded, depth: depth + 1)
            case S_IFREG:
                guard let kind = Self.kind(name, information.st_mode) else { continue }
                files.append(File(path: path, kind: kind, stamp: FileStamp(information)))
            default: continue
            }
        }
    }

    /// Without openat2 nothing can be read, and the error's name alone leads nobody to the cause.
    static let withoutOpenat2 =
        "openat2(2) is forbidden here; systemd does that with RestrictSUIDSGID=yes and DynamicUser=yes, containers with "
        + "old seccomp profiles"

    static func mayBeRoute(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        return first != UInt8(ascii: "_") && first != UInt8(ascii: ".")
    }

    /// Python by its name; anything else by the execute bit.
    static func kind(_ name: String, _ mode: mode_t) -> Script.Kind? {
        if name.hasSuffix(".py") { return .python }
        return mode & 0o111 != 0 ? .cgi : nil
    }

    private static func names(_ root: Int32, _ folder: String) throws(ScanFailure) -> [String] {
        let descriptor = clinux_open_beneath(root, folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            throw ScanFailure(path: folder, reason: String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let name { names.append(name) }
        }
        return names.sorted()
    }
}

/// A folder that can't be read.
package struct ScanFailure: Error, CustomStringConvertible {
    /// The folder.
    package let path: String
    /// What the system said.
    package let reason: String
    /// A sentence.
    package var description: String { "The folder \(path) can't be read: \(reason)." }
}

extension FileStamp {
    init(_ information: stat) {
        self.init(
            inode: UInt64(information.st_ino), size: Int64(information.st_size), seconds: information.st_mtim.tv_sec,
            nanoseconds: information.st_mtim.tv_nsec)
    }
}
