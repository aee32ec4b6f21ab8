import CCompute

/// Asks launches to stop, from any thread: they end with ``ComputeError/Code/deadline`` between blocks, or at a barrier.
/// A thread of a kernel that loops for ever without a barrier can't be stopped so.
package final class LaunchStop: @unchecked Sendable {
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    package init() { flag.initialize(to: 0) }

    deinit { flag.deallocate() }

    /// Launches that look at this one stop, those that run and those to come.
    package func request() { steward_set_flag(flag, 1) }

    /// Launches run again.
    package func withdraw() { steward_set_flag(flag, 0) }
}
