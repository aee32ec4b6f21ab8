import CCompute
import Glibc
import Synchronization

/// Work in order on the processor, in a thread of the stream's own. Streams don't wait for each other, the default one
/// included; each launch has all of the pool's threads, and launches of several streams take turns at them.
package final class CPUStream: BackendStream {
    private let queue = WorkQueue()
    /// Makes launches of this stream, and of graphs that were captured on it, end early.
    package let stop = LaunchStop()
    /// The jobs of the capture that goes on.
    private let captured = Mutex<[WorkQueue.Job]?>(nil)

    package init() {}

    deinit { queue.close() }

    /// Queues the job, or records it while a capture goes on.
    func add(atOnce: Bool = false, always: Bool = false, _ job: @escaping WorkQueue.Job) throws(ComputeError) {
        let isRecorded = captured.withLock { jobs -> Bool in
            guard jobs != nil else { return false }
            jobs!.append(job)
            return true
        }
        if !isRecorded { queue.add(always: always, atOnce: atOnce, job) }
    }

    package func launch(
        _ kernel: any CompiledKernel, _ shape: LaunchShape, _ arguments: ArgumentList
    ) throws(ComputeError) {
        // A class is told faster than a protocol.
        guard let kernel: any CPURunnable = kernel as? CPUKernel ?? kernel as? any CPURunnable else {
            throw ComputeError(.unsupported, "The kernel was compiled for another device: compile it for this one.")
        }
        let stop = stop
        try add { () throws(ComputeError) in try kernel.run(shape, arguments, stop: stop) }
    }

    package func copyToDevice(
        _ source: UnsafeRawPointer?, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        try copy(from: UInt64(UInt(bitPattern: source)), to: target, byteCount, keeping)
    }

    package func copyToHost(
        from source: UInt64, _ target: UnsafeMutableRawPointer?, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        try copy(from: source, to: UInt64(UInt(bitPattern: target)), byteCount, keeping)
    }

    package func copyOnDevice(
        from source: UInt64, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        try copy(from: source, to: target, byteCount, keeping)
    }

    private func copy(
        from source: UInt64, to target: UInt64, _ byteCount: Int, _ kept: [any DeviceAllocation]
    ) throws(ComputeError) {
        guard byteCount > 0 else { return }
        try add(atOnce: true) {
            withExtendedLifetime(kept) {
                _ = memmove(
                    UnsafeMutableRawPointer(bitPattern: UInt(target))!, UnsafeRawPointer(bitPattern: UInt(source))!,
                    byteCount)
            }
        }
    }

    package func fill(
        _ target: UInt64, byte: UInt8, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        try add(atOnce: true) {
            withExtendedLifetime(keeping) {
                _ = memset(UnsafeMutableRawPointer(bitPattern: UInt(target))!, Int32(byte), byteCount)
            }
        }
    }

    package func multiply(_ product: MatrixProduct, keeping: any DeviceAllocation...) throws(ComputeError) {
        try CPUProduct.check(product)
        try add { withExtendedLifetime(keeping) { CPUProduct.run(product) } }
    }

    package func record() throws(ComputeError) -> any BackendEvent {
        let event = CPUEvent()
        try add(atOnce: true, always: true) { event.reach() }
        return event
    }

    package func wait(for event: any BackendEvent) throws(ComputeError) {
        if event.isDone { return }
        try add(always: true) { () throws(ComputeError) in try event.synchronize() }
    }

    package func synchronize() throws(ComputeError) {
        guard captured.withLock({ $0 == nil }) else {
            throw ComputeError(
                .unsupported, "A stream can't be waited for while it is captured: read results after the graph has run."
            )
        }
        try queue.drain()
    }

    package func beginCapture() throws(ComputeError) {
        let isFirst = captured.withLock { jobs -> Bool in
            if jobs != nil { return false }
            jobs = []
            return true
        }
        guard isFirst else { throw ComputeError(.unsupported, "The stream is being captured already.") }
    }

    package func endCapture() throws(ComputeError) -> any BackendGraph {
        let jobs = captured.withLock { jobs in
            defer { jobs = nil }
            return jobs
        }
        guard let jobs else { throw ComputeError(.unsupported, "The stream isn't being captured.") }
        return CPUGraph(jobs)
    }
}
