/// A mark in a stream of a GPU.
package final class CUDAEvent: BackendEvent {
    nonisolated(unsafe) let handle: CUDADriver.Handle
    let context: CUDAContext
    /// Whether it lies in a graph that was being recorded: then it orders the recording and can't be waited for.
    let isCaptured: Bool

    /// Creates it and puts it after all that is queued on the stream.
    init(context: CUDAContext, after stream: CUDADriver.Handle, isCaptured: Bool) throws(ComputeError) {
        var handle: CUDADriver.Handle?
        try context.perform("cuEventCreate") { $0.createEvent(&handle, 0) }
        self.handle = handle!
        self.context = context
        self.isCaptured = isCaptured
        let event = self.handle
        try context.perform("cuEventRecord") { $0.recordEvent(event, stream) }
    }

    deinit { context.dispose { $0.destroyEvent(handle) } }

    /// Also true when the device has failed: ``synchronize()`` then says how.
    package var isDone: Bool {
        guard !isCaptured else { return false }
        do throws(ComputeError) { try context.enter() } catch { return true }
        return context.driver.queryEvent(handle) != CUDAStatus.notReady
    }

    package func synchronize() throws(ComputeError) {
        try refuseCaptured()
        try context.perform("cuEventSynchronize") { $0.synchronizeEvent(handle) }
    }

    package func seconds(since earlier: any BackendEvent) throws(ComputeError) -> Double {
        guard let earlier = earlier as? CUDAEvent, earlier.context === context else {
            throw ComputeError(.unsupported, "The time between events of two devices can't be told: take one device's.")
        }
        try refuseCaptured()
        try earlier.refuseCaptured()
        var milliseconds: Float = 0
        try context.perform("cuEventElapsedTime") { $0.elapsedTime(&milliseconds, earlier.handle, handle) }
        return Double(milliseconds) / 1000
    }

    private func refuseCaptured() throws(ComputeError) {
        guard isCaptured else { return }
        throw ComputeError(
            .unsupported, "This event was recorded into a graph and can't be waited for: record one around its launch.")
    }
}
