import Glibc

/// Who owns a file.
package struct FileOwner: Hashable, Sendable, CustomStringConvertible {
    /// The user's number.
    package var user: UInt32
    /// The group's number: the user's own.
    package var group: UInt32
    /// As the settings name it.
    package var name: String

    /// An owner.
    package init(user: UInt32, group: UInt32, name: String) {
        self.user = user
        self.group = group
        self.name = name
    }

    /// A user by name or number; a number that this machine doesn't know (a container's) has the group of the same number.
    /// nil where there is no such name.
    package init?(text: String) {
        let number = UInt32(text)
        var (entry, found): (passwd, UnsafeMutablePointer<passwd>?) = (passwd(), nil)
        var buffer = [CChar](repeating: 0, count: 1 << 14)
        let code =
            number.map { getpwuid_r($0, &entry, &buffer, buffer.count, &found) }
            ?? getpwnam_r(text, &entry, &buffer, buffer.count, &found)
        if code == 0, found != nil {
            self.init(user: entry.pw_uid, group: entry.pw_gid, name: text)
        } else if let number {
            self.init(user: number, group: number, name: text)
        } else {
            return nil
        }
    }

    package var description: String { name }
}
