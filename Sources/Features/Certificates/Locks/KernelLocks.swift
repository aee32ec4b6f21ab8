import CLinux

/// The POSIX locks in /proc/locks (proc_locks(5)): who holds one on a device's inode.
struct KernelLocks {
    private struct Key: Hashable {
        var major: UInt32
        var minor: UInt32
        var inode: UInt64
    }

    private var holders: [Key: Int32] = [:]

    /// Of the text of /proc/locks. Lines of other kinds and of waiting processes (`->`) are passed over.
    init(text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 8, fields[1] == "POSIX" || fields[1] == "OFDLCK", let pid = Int32(fields[4]) else {
                continue
            }
            let parts = fields[5].split(separator: ":")
            guard parts.count == 3, let major = UInt32(parts[0], radix: 16), let minor = UInt32(parts[1], radix: 16),
                let inode = UInt64(parts[2])
            else { continue }
            holders[Key(major: major, minor: minor, inode: inode)] = pid
        }
    }

    /// The process that holds a lock on the file; -1 where the kernel can't say which (an open file description lock).
    func holder(of file: FileKey) -> Int32? {
        var major: UInt32 = 0
        var minor: UInt32 = 0
        clinux_device_numbers(dev_t(file.device), &major, &minor)
        return holders[Key(major: major, minor: minor, inode: file.inode)]
    }
}
