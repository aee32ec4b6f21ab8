import Glibc

/// A mount namespace that is not this process's own and in which a tree is mounted: a container, as a rule.
struct ForeignSpace: Sendable {
    /// A process in it.
    struct Member: Hashable, Sendable {
        /// The process.
        var process: UsingProcess
        /// Its program's file as it is called there; nil where that can't be read.
        var program: String?
        /// The words of its command line.
        var words: [String]
        /// Its working folder as it is called there.
        var folder: String
    }

    /// The namespace's name, `mnt:[4026532285]`.
    var name: String
    /// The oldest process whose root shows the tree.
    var first: Int32
    /// Its processes, the oldest first.
    var members: [Member]
    /// The trees' folders that it sees.
    var views: [MountTable.View]
    /// Whether processes with another root (chroot(2)) see the tree as well.
    var isDivided: Bool

    /// The container's id, where its processes belong to one.
    var container: String? { members.lazy.compactMap(\.process.container).first }
}

extension ProcessScan {
    /// The namespace `name` with the processes `ids`; nil where it sees no tree.
    func foreignSpace(_ name: String, _ ids: [Int32]) -> ForeignSpace? {
        guard !trees.isEmpty else { return nil }
        var roots: [(identity: InodeIdentity?, ids: [Int32])] = []
        for id in ids {
            let identity = InodeIdentity(of: "\(folder)/\(id)/root/.")
            if let index = roots.firstIndex(where: { $0.identity == identity }) {
                roots[index].ids.append(id)
            } else {
                roots.append((identity, [id]))
            }
        }
        let own = MountTable(text("self/mountinfo"))
        let seeing = roots.compactMap { root -> (first: Int32, views: [MountTable.View])? in
            // A process that ended meanwhile has no mounts left.
            for id in root.ids {
                let table = text("\(id)/mountinfo")
                guard !table.isEmpty else { continue }
                let views = views(MountTable(table), own)
                return views.isEmpty ? nil : (id, views)
            }
            return nil
        }
        guard let main = seeing.first else { return nil }
        return ForeignSpace(
            name: name, first: main.first, members: ids.compactMap(member), views: main.views,
            isDivided: seeing.count > 1)
    }

    private func views(_ other: MountTable, _ own: MountTable) -> [MountTable.View] {
        var found: [MountTable.View] = []
        for tree in trees {
            let resolved = Self.resolved(tree.path)
            for var view in other.views(of: resolved, by: own) {
                view.source = PathPrefix.rebased(view.source, from: resolved, to: tree.path) ?? view.source
                if !found.contains(view) { found.append(view) }
            }
        }
        return found
    }

    /// Nil for one that has ended.
    private func member(_ id: Int32) -> ForeignSpace.Member? {
        var program = link("\(id)/exe")
        let mark = " (deleted)"
        if let path = program, path.hasSuffix(mark) { program = String(path.dropLast(mark.count)) }
        let words = text("\(id)/cmdline").split { $0 == "\0" || $0 == " " || $0.isNewline }.map(String.init)
        // Of the dead only the name is left.
        if program == nil, words.isEmpty, isDead(id) { return nil }
        return ForeignSpace.Member(
            process: facts(id), program: program, words: words, folder: link("\(id)/cwd") ?? "/")
    }

    private func isDead(_ id: Int32) -> Bool {
        let status = text("\(id)/status")
        return status.isEmpty || status.contains("\nState:\tZ") || status.contains("\nState:\tX")
    }
}
