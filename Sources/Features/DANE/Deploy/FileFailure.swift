import Glibc

/// A system call on a file that failed.
package struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was done, as words that the path follows: `rename`.
    package var act: String
    /// The file.
    package var path: String
    /// errno(3).
    package var number: Int32

    init(_ act: String, _ path: String, _ number: Int32 = errno) {
        self.act = act
        self.path = path
        self.number = number
    }

    /// `cannot write /etc/steward/tls/mail.pem: No space left on device`, and the way out.
    package var description: String { "cannot \(act) \(path): \(String(cString: strerror(number)))\(wayOut)" }

    private var wayOut: String {
        switch number {
        case ENOSPC, EDQUOT: "; make room on the file system"
        case EACCES, EPERM: "; this must run as root or as the file's owner"
        case EROFS: "; the file system is mounted read-only"
        case EBUSY: "; it is a mount point: mount its folder into the container, not the file alone"
        case ELOOP: "; it is or leads through a symlink: name the place that it leads to"
        default: ""
        }
    }
}
