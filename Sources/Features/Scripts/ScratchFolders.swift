import CLinux
import Dispatch
import Glibc

/// Where the workers of a zone have their scratch folders.
package struct ScratchSettings: Sendable, Hashable {
    /// The folder that holds them; it exists.
    package var folder: String
    /// Who owns them: user and group; nil: this process's own.
    package var owner: Owner?
    /// Bytes that each may hold.
    package var limit: Int

    /// A user and a group.
    package struct Owner: Sendable, Hashable {
        /// User.
        package var user: UInt32
        /// Group.
        package var group: UInt32

        /// An owner.
        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// Scratch folders in `folder`.
    package init(folder: String, owner: Owner?, limit: Int) {
        self.folder = folder
        self.owner = owner
        self.limit = limit
    }
}

/// Makes, measures and removes scratch folders. Nothing but making them is done on the caller's thread.
final class ScratchFolders: Sendable {
    private let settings: ScratchSettings
    /// One queue for all zones: a folder of a million files keeps others waiting, not the event loop.
    private static let queue = DispatchQueue(label: "steward.scratch")

    init(_ settings: ScratchSettings) { self.settings = settings }

    /// A fresh folder for one worker; nil where none can be made, as on a full disk.
    func make() -> String? {
        let path = settings.folder + "/" + String(UInt64.random(in: .min ... .max), radix: 36)
        guard mkdir(path, 0o700) == 0 else { return nil }
        if let owner = settings.owner { _ = lchown(path, owner.user, owner.group) }
        return path
    }

    /// Removes the folder with all that it holds, in time. The worker must be gone.
    func remove(_ path: String) {
        guard rmdir(path) != 0, errno != ENOENT else { return }
        Self.queue.async { clinux_remove_tree(path) }
    }

    /// Tells which of the folders hold more than they may, if any does.
    func look(at paths: [String], tell: @escaping @Sendable (Set<String>) -> Void) {
        let limit = settings.limit
        Self.queue.async {
            let full = paths.filter { clinux_tree_size($0, UInt64(limit)) > UInt64(limit) }
            if !full.isEmpty { tell(Set(full)) }
        }
    }
}
