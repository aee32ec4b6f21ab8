/// A queue of a GPU. What is queued on it keeps its memory and its kernels alive until it has run.
package final class CUDAStream: BackendStream {
    let context: CUDAContext
    private let libraries: CUDALibraries
    let work: CUDAStreamWork
    private let products: CUDAProducts
    private let streams: CUDAStreams

    init(context: CUDAContext, pool: CUDAMemoryPool, libraries: CUDALibraries, among streams: CUDAStreams) {
        self.context = context
        self.streams = streams
        self.libraries = libraries
        work = CUDAStreamWork(context: context)
        products = CUDAProducts(libraries: libraries, pool: pool)
        streams.add(work)
    }

    /// Products and their workspace may go only when the queue is empty.
    deinit {
        streams.remove(work)
        try? work.synchronize()
    }

    package func launch(
        _ kernel: any CompiledKernel, _ shape: LaunchShape, _ arguments: ArgumentList
    ) throws(ComputeError) {
        guard let kernel = kernel as? CUDAKernel, kernel.program.context === context else {
            throw ComputeError(
                .noKernel,
                "\(kernel.signature.name) was compiled for another device than \(context.id): compile it there.")
        }
        try kernel.admit(shape, arguments)
        let stream = try work.handle()
        try arguments.withPointers { (pointers) throws(ComputeError) in
            try context.perform("cuLaunchKernel", detail: " for \(kernel.place)") { driver in
                driver.launch(
                    kernel.function, UInt32(shape.grid.x), UInt32(shape.grid.y), UInt32(shape.grid.z),
                    UInt32(shape.block.x), UInt32(shape.block.y), UInt32(shape.block.z), UInt32(shape.shared), stream,
                    pointers, nil)
            }
        }
        work.keep(arguments.kept, kernel: kernel)
    }

    package func copyToDevice(
        _ source: UnsafeRawPointer?, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        guard byteCount > 0 else { return }
        try work.refusePageable(source, keeping)
        let stream = try work.handle()
        try context.perform("cuMemcpyHtoDAsync_v2") { $0.copyToDevice(target, source, byteCount, stream) }
        work.keep(keeping)
    }

    package func copyToHost(
        from source: UInt64, _ target: UnsafeMutableRawPointer?, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        guard byteCount > 0 else { return }
        try work.refusePageable(target, keeping)
        let stream = try work.handle()
        try context.perform("cuMemcpyDtoHAsync_v2") { $0.copyToHost(target, source, byteCount, stream) }
        work.keep(keeping)
    }

    package func copyOnDevice(
        from source: UInt64, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        guard byteCount > 0 else { return }
        let stream = try work.handle()
        try context.perform("cuMemcpyDtoDAsync_v2") { $0.copyOnDevice(target, source, byteCount, stream) }
        work.keep(keeping)
    }

    package func fill(
        _ target: UInt64, byte: UInt8, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        guard byteCount > 0 else { return }
        let stream = try work.handle()
        try context.perform("cuMemsetD8Async") { $0.fill(target, byte, byteCount, stream) }
        work.keep(keeping)
    }

    package func multiply(_ product: MatrixProduct, keeping: any DeviceAllocation...) throws(ComputeError) {
        try products.multiply(product, on: work)
        work.keep(keeping)
    }

    package func record() throws(ComputeError) -> any BackendEvent {
        try CUDAEvent(context: context, after: work.handle(), isCaptured: work.isCapturing)
    }

    package func wait(for event: any BackendEvent) throws(ComputeError) {
        guard let event = event as? CUDAEvent else {
            throw ComputeError(.unsupported, "A GPU can't wait for an event of the processor: synchronize it first.")
        }
        guard !event.isCaptured || work.isCapturing else {
            throw ComputeError(
                .unsupported, "The event lies in a graph that is being recorded: record from one stream only.")
        }
        let stream = try work.handle()
        try context.perform("cuStreamWaitEvent") { $0.waitForEvent(stream, event.handle, 0) }
    }

    package func synchronize() throws(ComputeError) { try work.synchronize() }
    package func beginCapture() throws(ComputeError) { try work.beginCapture() }
    package func endCapture() throws(ComputeError) -> any BackendGraph { try work.endCapture() }

    func launch(_ graph: CUDAGraph) throws(ComputeError) {
        let stream = try work.handle()
        try context.perform("cuGraphLaunch") { $0.launchGraph(graph.handle, stream) }
        work.keep(graph)
    }
}
