import Glibc

/// The right to act on one deployment: one process at a time. Given back when told to, and by the kernel when the process ends.
final class DeploymentLock: Sendable {
    private let file: Int32

    /// Takes it, waiting up to `patience`; nil where another has it for longer.
    /// - Throws: ``FileFailure`` where the folder can't be written.
    init?(
        folder: String, patience: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws(FileFailure) {
        let opened = try DurableFolder.making(folder)
        file = openat(opened.descriptor, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode_t(0o600))
        guard file >= 0 else { throw FileFailure("open", "\(folder)/lock") }
        let end = ContinuousClock.now + patience
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw FileFailure("lock", "\(folder)/lock") }
            guard ContinuousClock.now < end, !Task.isCancelled else { return nil }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    deinit { if file >= 0 { close(file) } }
}
