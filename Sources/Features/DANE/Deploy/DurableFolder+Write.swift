import CLinux
import Glibc

extension DurableFolder {
    /// What a file is to be like.
    package struct Shape: Hashable, Sendable {
        /// Permission bits.
        package var mode: UInt32
        /// Who owns it; nil: this process's user and group.
        package var owner: (user: UInt32, group: UInt32)? {
            get { numbers.map { ($0[0], $0[1]) } }
            set { numbers = newValue.map { [$0.user, $0.group] } }
        }
        private var numbers: [UInt32]?

        /// A shape; readable by the owner alone unless given.
        package init(mode: UInt32 = 0o600, owner: (user: UInt32, group: UInt32)? = nil) {
            self.mode = mode
            self.owner = owner
        }

        /// As a file has it.
        package init(_ facts: FileFacts) {
            self.init(mode: facts.mode, owner: (facts.user, facts.group))
        }
    }

    /// The name under which a file is written before it takes its own: one that nothing reads, and that a crash leaves
    /// behind at most once.
    static func temporary(_ name: String) -> String { ".\(name).steward-new" }

    /// Puts `bytes` in the place of `name` at one instant: whoever opens it gets the old or the new content, whole, after
    /// a power cut too.
    package func replace(_ name: String, _ bytes: [UInt8], shape: Shape = Shape()) throws(FileFailure) {
        let new = Self.temporary(name)
        try prepare(new, bytes, shape)
        guard renameat(descriptor, new, descriptor, name) == 0 else {
            let failure = FileFailure("replace", shown(name))
            unlinkat(descriptor, new, 0)
            throw failure
        }
        try sync()
    }

    /// Writes a file that is not there yet; whole or not at all.
    /// - Throws: ``FileFailure`` with `EEXIST` where something is there.
    package func create(_ name: String, _ bytes: [UInt8], shape: Shape = Shape()) throws(FileFailure) {
        let new = Self.temporary(name)
        try prepare(new, bytes, shape)
        guard clinux_rename_noreplace(descriptor, new, descriptor, name) == 0 else {
            let failure = FileFailure("make", shown(name))
            unlinkat(descriptor, new, 0)
            throw failure
        }
        try sync()
    }

    /// Makes the symlink `name` lead to `target` at one instant, whatever it was before.
    package func link(_ name: String, to target: String) throws(FileFailure) {
        let new = Self.temporary(name)
        unlinkat(descriptor, new, 0)
        guard symlinkat(target, descriptor, new) == 0, renameat(descriptor, new, descriptor, name) == 0 else {
            throw FileFailure("make the symlink", shown(name))
        }
        try sync()
    }

    /// Removes a file or symlink; whether there was one.
    @discardableResult
    package func remove(_ name: String) throws(FileFailure) -> Bool {
        if unlinkat(descriptor, name, 0) == 0 {
            try sync()
            return true
        }
        guard errno == ENOENT else { throw FileFailure("remove", shown(name)) }
        return false
    }

    private func prepare(_ name: String, _ bytes: [UInt8], _ shape: Shape) throws(FileFailure) {
        unlinkat(descriptor, name, 0)
        let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(0o600))
        guard file >= 0 else { throw FileFailure("write", shown(name)) }
        do throws(FileFailure) {
            defer { close(file) }
            try fill(file, bytes, name)
            if let owner = shape.owner, fchown(file, owner.user, owner.group) != 0 {
                let facts = FileFacts(descriptor: file)
                guard facts?.user == owner.user, facts?.group == owner.group else {
                    throw FileFailure("change the owner of", shown(name), EPERM)
                }
            }
            guard fchmod(file, shape.mode) == 0 else { throw FileFailure("change the mode of", shown(name)) }
            guard fsync(file) == 0 else { throw FileFailure("write", shown(name)) }
        } catch {
            unlinkat(descriptor, name, 0)
            throw error
        }
    }

    private func fill(_ file: Int32, _ bytes: [UInt8], _ name: String) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let (start, rest) = (done, bytes.count - done)
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: start), rest) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileFailure("write", shown(name), count == 0 ? ENOSPC : errno) }
            done += count
        }
    }
}
