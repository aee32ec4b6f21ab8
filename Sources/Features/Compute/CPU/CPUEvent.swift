import Glibc

/// A mark in a stream of the processor.
final class CPUEvent: BackendEvent, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var time: Double?

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Everything before the mark is done.
    func reach() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        pthread_mutex_lock(mutex)
        time = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    private var reached: Double? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return time
    }

    var isDone: Bool { reached != nil }

    func synchronize() throws(ComputeError) {
        pthread_mutex_lock(mutex)
        while time == nil { pthread_cond_wait(changed, mutex) }
        pthread_mutex_unlock(mutex)
    }

    func seconds(since earlier: any BackendEvent) throws(ComputeError) -> Double {
        guard let earlier = earlier as? CPUEvent, let start = earlier.reached, let end = reached else {
            throw ComputeError(
                .unsupported, "The time between two events is known when both are done: call synchronize() first.")
        }
        return end - start
    }
}

/// Jobs of a capture, in order.
final class CPUGraph: BackendGraph {
    private let jobs: [WorkQueue.Job]

    init(_ jobs: [WorkQueue.Job]) { self.jobs = jobs }

    func launch(on stream: any BackendStream) throws(ComputeError) {
        guard let stream = stream as? CPUStream else {
            throw ComputeError(.unsupported, "A graph of the processor runs on a stream of the processor.")
        }
        let jobs = jobs
        try stream.add { () throws(ComputeError) in
            for job in jobs { try job() }
        }
    }
}
