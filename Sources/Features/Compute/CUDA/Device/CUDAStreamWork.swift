import Synchronization

/// What a stream has queued: the driver's handle, and what must live until the work is done.
///
/// An event after every 64 calls (or 64 MiB) tells when; asking the driver at each launch would double its cost.
package final class CUDAStreamWork: Sendable {
    typealias Kept = any AnyObject & Sendable

    let context: CUDAContext
    private let state = Mutex(State())

    /// The driver's handle's bits, 0 before there is one. Every launch reads it.
    private let created = Atomic<UInt>(0)

    private struct State {
        var pending: [Kept] = []
        var calls = 0
        var bytes = 0
        var marks: [Mark] = []
        /// Not nil while a graph is being recorded: what the graph must keep.
        var recording: [Kept]?
        /// The kernels that were queued last, for the message of a fault.
        var lastKernels: [CUDAKernel] = []

        /// The kernel that was last put into `pending`: many launches in a row keep it once.
        var pendingKernel: CUDAKernel?

        mutating func keep(_ kernel: CUDAKernel) {
            if pendingKernel !== kernel {
                pending.append(kernel)
                pendingKernel = kernel
            }
            guard lastKernels.last !== kernel else { return }
            lastKernels.append(kernel)
            if lastKernels.count > 3 { lastKernels.removeFirst() }
        }

        /// What is pending, which nobody else has then.
        mutating func takePending() -> [Kept] {
            defer { (pending, pendingKernel, calls, bytes) = ([], nil, 0, 0) }
            return pending
        }

        /// Counts a call; whether it is time for an event.
        mutating func count() -> Bool {
            calls += 1
            return calls >= callsPerMark || bytes >= bytesPerMark
        }
    }

    /// All of `kept` may go once the event has come.
    private struct Mark {
        nonisolated(unsafe) var event: CUDADriver.Handle
        var kept: [Kept]
    }

    private static let callsPerMark = 64
    private static let bytesPerMark = 64 << 20
    /// `CU_STREAM_NON_BLOCKING`, `CU_EVENT_DISABLE_TIMING`, `CU_STREAM_CAPTURE_MODE_RELAXED`.
    private static let (nonBlocking, withoutTiming, relaxed): (UInt32, UInt32, Int32) = (1, 2, 2)

    init(context: CUDAContext) { self.context = context }

    deinit {
        let marks = state.withLock { $0.marks }
        guard let handle = CUDADriver.Handle(bitPattern: created.load(ordering: .acquiring)) else { return }
        context.dispose { $0.synchronizeStream(handle) }
        for mark in marks { context.dispose { $0.destroyEvent(mark.event) } }
        context.dispose { $0.destroyStream(handle) }
    }

    /// The driver's stream, created with the first call.
    func handle() throws(ComputeError) -> CUDADriver.Handle {
        if let known = CUDADriver.Handle(bitPattern: created.load(ordering: .acquiring)) { return known }
        var fresh: CUDADriver.Handle?
        try context.perform("cuStreamCreate") { $0.createStream(&fresh, Self.nonBlocking) }
        let outcome = created.compareExchange(
            expected: 0, desired: UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
        guard !outcome.exchanged else { return fresh! }
        context.dispose { $0.destroyStream(fresh) }
        return CUDADriver.Handle(bitPattern: outcome.original)!
    }

    var isCapturing: Bool { state.withLock { $0.recording != nil } }

    /// Keeps what a call that was just queued uses.
    func keep(_ allocations: [any DeviceAllocation], kernel: CUDAKernel? = nil) {
        let isDue = state.withLock { state -> Bool in
            if state.recording != nil {
                for allocation in allocations { state.recording!.append(allocation) }
                if let kernel { state.recording!.append(kernel) }
                return false
            }
            for allocation in allocations {
                state.pending.append(allocation)
                state.bytes += allocation.byteCount
            }
            if let kernel { state.keep(kernel) }
            return state.count()
        }
        if isDue { mark() }
    }

    func keep(_ graph: CUDAGraph) {
        let isDue = state.withLock { state -> Bool in
            if state.recording != nil {
                state.recording!.append(graph)
                return false
            }
            state.pending.append(graph)
            return state.count()
        }
        if isDue { mark() }
    }

    /// Puts an event after what is queued, and lets go of what earlier ones have shown to be done.
    private func mark() {
        // First what is pending: another thread's call that comes before the event's recording is none of its business.
        let kept = state.withLock { $0.takePending() }
        guard let event = try? makeMark() else {
            state.withLock { $0.pending = kept + $0.pending }
            return
        }
        nonisolated(unsafe) let fresh = event
        state.withLock { $0.marks.append(Mark(event: fresh, kept: kept)) }
        collect()
    }

    private func makeMark() throws(ComputeError) -> CUDADriver.Handle {
        let stream = try handle()
        var event: CUDADriver.Handle?
        try context.perform("cuEventCreate") { $0.createEvent(&event, Self.withoutTiming) }
        do throws(ComputeError) {
            try context.perform("cuEventRecord") { $0.recordEvent(event, stream) }
        } catch {
            context.dispose { $0.destroyEvent(event) }
            throw error
        }
        return event!
    }

    /// Lets go of what is done, without waiting.
    private func collect() {
        let done = state.withLock { state -> [Mark] in
            let count = state.marks.prefix { context.driver.queryEvent($0.event) == 0 }.count
            defer { state.marks.removeFirst(count) }
            return Array(state.marks.prefix(count))
        }
        for mark in done { context.dispose { $0.destroyEvent(mark.event) } }
    }

    /// Waits for all that was queued before, then lets go of it.
    func synchronize() throws(ComputeError) {
        guard !isCapturing else {
            throw ComputeError(
                .unsupported, "A graph is being recorded on this stream of \(context.id): wait after its launch.")
        }
        let stream = try handle()
        let (marks, pending) = state.withLock { state -> ([Mark], [Kept]) in
            defer { state.marks = [] }
            return (state.marks, state.takePending())
        }
        do throws(ComputeError) {
            try context.perform("cuStreamSynchronize", detail: afterKernels()) { $0.synchronizeStream(stream) }
        } catch {
            state.withLock { state in
                state.marks = marks + state.marks
                state.pending = pending + state.pending
            }
            throw error
        }
        for mark in marks { context.dispose { $0.destroyEvent(mark.event) } }
        withExtendedLifetime(pending) {}
    }

    /// `; the last kernels queued were saxpy (saxpy.cu:3)`.
    private func afterKernels() -> String {
        let places = state.withLock { $0.lastKernels.map(\.place) }
        return places.isEmpty ? "" : "; the last kernels queued were \(places.joined(separator: ", "))"
    }
}

/// Graphs.
extension CUDAStreamWork {
    func beginCapture() throws(ComputeError) {
        guard !isCapturing else {
            throw ComputeError(.unsupported, "A graph is being recorded on this stream already: end that one first.")
        }
        let stream = try handle()
        try context.perform("cuStreamBeginCapture_v2") { $0.beginCapture(stream, Self.relaxed) }
        state.withLock { $0.recording = [] }
    }

    func endCapture() throws(ComputeError) -> CUDAGraph {
        let kept = state.withLock { state -> [Kept]? in
            defer { state.recording = nil }
            return state.recording
        }
        guard let kept else {
            throw ComputeError(.unsupported, "No graph is being recorded on this stream: begin one first.")
        }
        let stream = try handle()
        var recorded: CUDADriver.Handle?
        do throws(ComputeError) {
            try context.perform("cuStreamEndCapture") { $0.endCapture(stream, &recorded) }
        } catch {
            abandonCapture(stream)
            throw error
        }
        return try CUDAGraph(recorded: recorded!, context: context, keeping: kept)
    }

    /// Where the call was not even made the stream would go on recording.
    private func abandonCapture(_ stream: CUDADriver.Handle) {
        context.dispose { driver in
            var recorded: CUDADriver.Handle?
            let status = driver.endCapture(stream, &recorded)
            return recorded == nil ? status : driver.destroyGraph(recorded)
        }
    }

    /// A graph runs later, when memory of the host that isn't page-locked may be gone.
    func refusePageable(_ pointer: UnsafeRawPointer?, _ kept: [any DeviceAllocation]) throws(ComputeError) {
        guard isCapturing else { return }
        let isPinned = kept.contains { $0 is CUDAHostMemory && $0.address == UInt64(UInt(bitPattern: pointer)) }
        guard !isPinned else { return }
        throw ComputeError(
            .unsupported, "A graph copies from and to page-locked memory only: take a HostBuffer, or copy before it.")
    }
}
