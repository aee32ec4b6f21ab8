package import NIOCore

/// The end of a zone that a reload changed or removed.
extension ScriptZone {
    /// Whether a worker can take calls, or none is needed.
    package var isReady: Bool { isAsleep || pool.scheduler.workers.contains { $0.state == .ready } }

    /// Ends all its processes now; completes when none is left.
    package func stop() -> EventLoopFuture<Void> {
        pool.drain()
        pool.stop()
        return zygote.stop()
    }

    /// Answers what was admitted, ends each worker as it falls idle, and calls `completion` when nothing is left.
    package func retire(_ completion: @escaping () -> Void) {
        pool.retire()
        watchRetirement(completion)
    }

    private func watchRetirement(_ completion: @escaping () -> Void) {
        pool.trim()
        guard openRequests == 0, pool.isEmpty else {
            pool.loop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.watchRetirement(completion) }
            return
        }
        pool.drain()
        completion()
    }
}

extension WorkerPool {
    /// Keeps no worker in reserve from now on.
    func retire() { scheduler.isRetiring = true }

    /// Whether no worker and no call is left.
    var isEmpty: Bool {
        scheduler.workers.isEmpty && scheduler.queued == 0 && scheduler.leasing.isEmpty
    }
}
