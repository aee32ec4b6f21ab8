import Synchronization

/// One GPU's primary context: made current before each call, retained with the first, released with the last user.
/// After an error that ends the context every call fails with that same error.
package final class CUDAContext: Sendable {
    package let driver: CUDADriver
    /// `cuda:0`.
    package let id: String
    let device: Int32
    private let isEnded = Atomic(false)
    /// The handle's bits once there is one; 0 before. Every launch reads it.
    private let retained = Atomic<UInt>(0)
    private let state = Mutex(State())

    private struct State {
        nonisolated(unsafe) var handle: CUDADriver.Handle?
        var failure: ComputeError?
    }

    package init(driver: CUDADriver, device: Int32, id: String) {
        self.driver = driver
        self.device = device
        self.id = id
    }

    deinit {
        if state.withLock({ $0.handle != nil }) { _ = driver.releaseContext(device) }
    }

    /// Makes one call of the driver with this context current.
    /// - Parameter detail: said of the failure before the advice: `; 4096 bytes were asked for`.
    /// - Throws: the error that ended the context, or the call's own, with its name and code.
    package func perform(
        _ call: String, detail: @autoclosure () -> String = "", _ body: (CUDADriver) -> CUDADriver.Status
    ) throws(ComputeError) {
        try enter()
        let status = body(driver)
        guard status != 0 else { return }
        throw failure(call, status, detail())
    }

    /// Gives something back. What the driver says to it is of no use to anybody: the error that made it fail has been
    /// reported, or will be at the next call.
    package func dispose(_ body: (CUDADriver) -> CUDADriver.Status) {
        let handle = state.withLock { $0.handle }
        guard let handle, driver.setContext(handle) == 0 else { return }
        _ = body(driver)
    }

    /// Whether a final error has ended the context.
    package var hasEnded: Bool { isEnded.load(ordering: .acquiring) }

    /// Retains the context where that hasn't happened, and makes it the thread's current one.
    func enter() throws(ComputeError) {
        if hasEnded, let failure = state.withLock({ $0.failure }) { throw failure }
        if let handle = CUDADriver.Handle(bitPattern: retained.load(ordering: .acquiring)) {
            let status = driver.setContext(handle)
            guard status != 0 else { return }
            throw failure("cuCtxSetCurrent", status, "")
        }
        let outcome = state.withLock { state -> (call: String, status: CUDADriver.Status) in
            if state.handle == nil {
                var handle: CUDADriver.Handle?
                let status = driver.retainContext(&handle, device)
                guard status == 0 else { return ("cuDevicePrimaryCtxRetain", status) }
                state.handle = handle
                retained.store(UInt(bitPattern: handle), ordering: .releasing)
            }
            return ("cuCtxSetCurrent", driver.setContext(state.handle))
        }
        guard outcome.status != 0 else { return }
        throw failure(outcome.call, outcome.status, "")
    }

    /// The typed error of a failed call; remembers it if it is final.
    func failure(_ call: String, _ code: CUDADriver.Status, _ detail: String) -> ComputeError {
        let status = CUDAStatus(code, driver: driver)
        let error = ComputeError(
            status.kind, "\(call) failed on \(id) with \(status.title)\(detail): \(status.advice)")
        guard status.isFinal else { return error }
        let first = state.withLock { state -> ComputeError in
            state.failure = state.failure ?? error
            return state.failure!
        }
        isEnded.store(true, ordering: .releasing)
        return first
    }
}
