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

    package var description: String { name }
}
