import Glibc

/// The right to work on a folder of journals: one process at a time, held until this is freed or the process ends.
package final class RolloverLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of the folder `folder` without waiting.
    /// - Throws: ``DANERefusal`` `busy`, with who holds it, or `state-unwritable`.
    package init(_ folder: DurableFolder) throws(DANERefusal) {
        let path = "\(folder.path)/lock"
        let opened = openat(folder.descriptor, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode_t(0o600))
        guard opened >= 0 else {
            throw DANERefusal("state-unwritable", "\(FileFailure("open", path)).")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(opened)
            close(opened)
            throw DANERefusal(
                "busy",
                "Another process\(holder) works on the rollovers in \(folder.path): one at a time. It is 'steward serve' or 'steward dane run'; what this command asks for is done by it, or stop it first."
            )
        }
        let text = "\(getpid())\n"
        ftruncate(opened, 0)
        _ = text.withCString { pwrite(opened, $0, strlen($0), 0) }
        // Last: an init that throws once all properties are set runs deinit, which would close it a second time.
        descriptor = opened
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, 32, 0) }
        let digits = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).prefix { $0.isNumber }
        return digits.isEmpty ? "" : " (pid \(digits))"
    }
}
