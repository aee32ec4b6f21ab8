import Glibc

/// A mutex with one condition, for the few places where a thread has to sleep until another one has
/// something for it.
struct Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// Frees the memory; nobody may use the monitor any more.
    func destroy() {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }

    /// Wakes everyone who waits.
    func broadcast() { pthread_cond_broadcast(condition) }

    /// Sleeps until woken. The lock must be held and is held again afterwards.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// Sleeps until woken or until `deadline`, in microseconds of the monotonic clock; false if it passed.
    func wait(until deadline: Int64) -> Bool {
        var time = timespec(tv_sec: Int(deadline / 1_000_000), tv_nsec: Int(deadline % 1_000_000) * 1000)
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }
}
