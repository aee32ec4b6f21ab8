import Glibc

/// A number that changes when something of a certbot tree is issued, renewed, renamed or removed. Costs one `stat` a
/// lineage and reads no file: what certbot does shows in the times of `renewal/`, of its confs and of the folders of
/// `live/`, whose symlinks it makes anew.
package struct TreeStamp: Hashable, Sendable {
    /// The number (FNV-1a of names, inodes and times).
    package private(set) var number: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The stamp of `trees` as they are now. What can't be read counts as absent.
    package init(of trees: [CertbotTree]) {
        for tree in trees {
            add(tree.path.utf8)
            addFolder("\(tree.path)/renewal")
            addFolder("\(tree.path)/live")
            addFolder("\(tree.path)/archive")
        }
    }

    private mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { number = (number ^ UInt64(byte)) &* 0x100_0000_01b3 }
        number = (number ^ 0xff) &* 0x100_0000_01b3
    }

    private mutating func add(_ status: stat) {
        for value in [
            Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_ctim.tv_sec),
            Int(status.st_ctim.tv_nsec), Int(status.st_size),
        ] {
            withUnsafeBytes(of: value) { add($0) }
        }
    }

    /// The folder itself and each entry in it, in an order that doesn't depend on the file system.
    private mutating func addFolder(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return add("absent".utf8) }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return add("absent".utf8)
        }
        defer { closedir(folder) }
        var about = stat()
        if fstat(descriptor, &about) == 0 { add(about) }
        // A sum of the entries' hashes: no list of names has to be kept and sorted.
        var sum: UInt64 = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name != [0x2e], name != [0x2e, 0x2e] else { continue }
            var status = stat()
            let found = (name + [0]).withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    fstatat(descriptor, $0.baseAddress!, &status, AT_SYMLINK_NOFOLLOW) == 0
                }
            }
            var part = TreeStamp()
            part.add(name)
            if found { part.add(status) }
            sum &+= part.number
        }
        withUnsafeBytes(of: sum) { add($0) }
    }

    private init() {}
}
