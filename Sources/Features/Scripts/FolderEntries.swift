import Glibc

/// Which files stand where in a zone folder, as far as workers are told of them by name.
struct FolderEntries: Equatable {
    /// A file system and a file in it.
    struct Identity: Hashable, Sendable {
        var device: UInt64
        var file: UInt64
    }

    /// The folder itself; nil: there is none.
    private(set) var place: Identity?
    /// What stands behind each name.
    private(set) var names: [String: Identity] = [:]

    /// Nothing.
    init() {}

    /// The entries of `folders` beneath `root` without those that are `excluded`.
    init(root: String, folders: Set<String>, excluded: Set<String>) {
        place = Self.identity(root)
        for folder in folders {
            guard let stream = opendir(folder.isEmpty ? root : root + "/" + folder) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                let path = folder.isEmpty ? name : folder + "/" + name
                if name == "." || name == ".." || excluded.contains(path) { continue }
                names[path] = Identity(device: 0, file: UInt64(entry.pointee.d_ino))
            }
        }
    }

    /// What a path leads to.
    static func identity(_ path: String) -> Identity? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        return Identity(device: UInt64(information.st_dev), file: UInt64(information.st_ino))
    }
}
