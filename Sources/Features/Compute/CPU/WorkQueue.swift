import Glibc

/// Jobs that run one after the other: in a thread of the queue's own, or in a thread that waits for them.
///
/// After a job fails, those behind it are dropped until somebody has been told.
final class WorkQueue: @unchecked Sendable {
    typealias Job = @Sendable () throws(ComputeError) -> Void

    private var mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [(job: Job, always: Bool)] = []
    private var next = 0
    private var isBusy = false
    private var hasThread = false
    private var isClosed = false
    private var failure: ComputeError?

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

    /// Adds a job. `always`: also after a failure. `atOnce`: in this thread if nothing else is queued.
    func add(always: Bool = false, atOnce: Bool = false, _ job: @escaping Job) {
        pthread_mutex_lock(mutex)
        jobs.append((job, always))
        if atOnce, !isBusy, jobs.count - next == 1 {
            runNext()
        } else {
            startThread()
            pthread_cond_broadcast(changed)
        }
        pthread_mutex_unlock(mutex)
    }

    /// Returns when all jobs are done; runs those that nobody has begun.
    /// - Throws: the first failure since the last call.
    func drain() throws(ComputeError) {
        pthread_mutex_lock(mutex)
        while next < jobs.count || isBusy {
            if isBusy { pthread_cond_wait(changed, mutex) } else { runNext() }
        }
        let failed = failure
        failure = nil
        pthread_mutex_unlock(mutex)
        if let failed { throw failed }
    }

    /// Runs the first job; the mutex is held before and after.
    private func runNext() {
        let (job, always) = jobs[next]
        next += 1
        if next == jobs.count {
            jobs.removeAll(keepingCapacity: next < 4096)
            next = 0
        } else if next > 1024 {
            jobs.removeFirst(next)
            next = 0
        }
        let skip = failure != nil && !always
        isBusy = true
        pthread_mutex_unlock(mutex)
        var failed: ComputeError?
        if !skip {
            do throws(ComputeError) { try job() } catch { failed = error }
        }
        pthread_mutex_lock(mutex)
        isBusy = false
        failure = failure ?? failed
        pthread_cond_broadcast(changed)
    }

    private func startThread() {
        if hasThread { return }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<WorkQueue>.fromOpaque(context!).takeRetainedValue().work()
                return nil
            }, context.toOpaque())
        if code == 0 {
            pthread_detach(thread)
            hasThread = true
        } else {
            context.release()
        }
    }

    /// Ends the thread when all jobs are done.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    private func work() {
        pthread_mutex_lock(mutex)
        while true {
            if isBusy || next >= jobs.count {
                if isClosed, next >= jobs.count { break }
                pthread_cond_wait(changed, mutex)
            } else {
                runNext()
            }
        }
        pthread_mutex_unlock(mutex)
    }
}
