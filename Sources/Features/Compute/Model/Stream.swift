/// A queue of launches and copies that run in order, while the program goes on: `cudaStream_t`.
public struct Stream: Sendable {
    package let backend: any BackendStream
    /// The device that does the work.
    public let device: Device

    package init(_ backend: any BackendStream, device: Device) {
        self.backend = backend
        self.device = device
    }

    /// Queues a copy to the device; `source` must not change until it is done.
    public func copy<Value>(from source: HostBuffer<Value>, to target: Buffer<Value>) throws(ComputeError) {
        try checkCounts(source.count, target.count)
        try check(target)
        try backend.copyToDevice(
            UnsafeRawPointer(source.cells.baseAddress), to: target.address,
            byteCount: source.count * MemoryLayout<Value>.stride, keeping: target.allocation, source.allocation)
    }

    /// Queues a copy to the host.
    public func copy<Value>(from source: Buffer<Value>, to target: HostBuffer<Value>) throws(ComputeError) {
        try checkCounts(source.count, target.count)
        try check(source)
        try backend.copyToHost(
            from: source.address, UnsafeMutableRawPointer(target.cells.baseAddress),
            byteCount: source.count * MemoryLayout<Value>.stride, keeping: source.allocation, target.allocation)
    }

    /// Queues a copy from buffer to buffer of the same device.
    public func copy<Value>(from source: Buffer<Value>, to target: Buffer<Value>) throws(ComputeError) {
        try checkCounts(source.count, target.count)
        try check(source)
        try check(target)
        try backend.copyOnDevice(
            from: source.address, to: target.address, byteCount: source.count * MemoryLayout<Value>.stride,
            keeping: source.allocation, target.allocation)
    }

    /// A mark after all that is queued so far.
    public func record() throws(ComputeError) -> Event { Event(try backend.record()) }

    /// What is queued from now on waits for the mark.
    public func wait(for event: Event) throws(ComputeError) { try backend.wait(for: event.backend) }

    /// Blocks until everything that was queued is done.
    /// - Throws: the first error of that work.
    public func synchronize() throws(ComputeError) { try backend.synchronize() }

    /// Records what `body` queues instead of running it; the graph then starts with one call (CUDA graphs).
    public func capture(_ body: () throws(ComputeError) -> Void) throws(ComputeError) -> Graph {
        try backend.beginCapture()
        do throws(ComputeError) {
            try body()
        } catch {
            _ = try? backend.endCapture()
            throw error
        }
        return Graph(try backend.endCapture())
    }

    /// - Throws: ``ComputeError/Code/bounds`` for a buffer of another device.
    func check<Value>(_ buffer: Buffer<Value>) throws(ComputeError) {
        guard buffer.device.backend !== device.backend else { return }
        throw ComputeError(
            .bounds,
            "A buffer on \(buffer.device.info.id) is given to a stream of \(device.info.id): copy it through the host.")
    }

    private func checkCounts(_ source: Int, _ target: Int) throws(ComputeError) {
        guard source <= target else {
            throw ComputeError(.bounds, "A copy of \(source) cells into a buffer of \(target): take a larger one.")
        }
    }
}

/// A mark in a stream: `cudaEvent_t`.
public struct Event: Sendable {
    package let backend: any BackendEvent

    package init(_ backend: any BackendEvent) { self.backend = backend }

    /// Blocks until everything before the mark is done.
    public func synchronize() throws(ComputeError) { try backend.synchronize() }

    /// Whether everything before the mark is done.
    public var isDone: Bool { backend.isDone }

    /// Seconds on the device between two marks that are done.
    public func seconds(since earlier: Event) throws(ComputeError) -> Double {
        try backend.seconds(since: earlier.backend)
    }
}

/// Work that was recorded once and is started as a whole.
public struct Graph: Sendable {
    package let backend: any BackendGraph

    package init(_ backend: any BackendGraph) { self.backend = backend }

    /// Queues the whole of it on a stream of the device that it was recorded on.
    public func launch(on stream: Stream) throws(ComputeError) { try backend.launch(on: stream.backend) }
}
