/// A kernel written in Swift: it runs on the processor, on any machine, without a compiler.
///
/// ```swift
/// struct Saxpy: SwiftKernel {
///     let a: Float, x: Buffer<Float>, y: Buffer<Float>
///     func run(_ thread: KernelThread) {
///         let i = thread.index.x
///         if i < x.count { thread.cells(y)[i] += a * thread.cells(x)[i] }
///     }
/// }
/// try Device.select(.cpu).launch(Saxpy(a: 2, x: x, y: y), grid: 4, block: 256)
/// ```
public protocol SwiftKernel: Sendable {
    /// Whether threads wait for each other with ``KernelThread/barrier(line:)``; they then run on fibers, else one after
    /// the other. Kernels that say nothing may.
    static var hasBarriers: Bool { get }

    /// What one thread does. Not while it waits at a barrier may it be in the middle of a change to a class's property:
    /// all threads of a block run in one thread of the system.
    func run(_ thread: KernelThread)
}

extension SwiftKernel {
    /// Kernels may have barriers.
    public static var hasBarriers: Bool { true }
}

/// One thread of a kernel in Swift: where it stands, and what it shares with its block.
public struct KernelThread: Sendable {
    /// CUDA's `threadIdx`.
    public let threadIndex: Dim3
    /// CUDA's `blockIdx`.
    public let blockIndex: Dim3
    /// CUDA's `blockDim`.
    public let blockDim: Dim3
    /// CUDA's `gridDim`.
    public let gridDim: Dim3

    /// Where the thread stands in the whole grid: `blockIdx * blockDim + threadIdx`.
    public var index: Dim3 {
        Dim3(
            blockIndex.x * blockDim.x + threadIndex.x, blockIndex.y * blockDim.y + threadIndex.y,
            blockIndex.z * blockDim.z + threadIndex.z)
    }

    /// Waits until all threads of the block have come here: `__syncthreads()`.
    public func barrier(line: Int = #line) { KernelFibers.barrier(line: line) }

    /// Memory that the threads of the block share: `count` values at a place `offset` bytes into what the launch asked for.
    public func shared<Value: BitwiseCopyable>(
        _ type: Value.Type, count: Int, offset: Int = 0
    ) -> UnsafeMutableBufferPointer<Value> {
        let start = KernelFibers.blockMemory.advanced(by: offset)
        return UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: type), count: count)
    }

    /// The cells of a buffer of the processor.
    public func cells<Value>(_ buffer: Buffer<Value>) -> UnsafeMutableBufferPointer<Value> {
        precondition(buffer.device.info.kind == .cpu, "kernels in Swift work on buffers of the processor")
        let start = UnsafeMutableRawPointer(bitPattern: UInt(buffer.address))!
        return UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: Value.self), count: buffer.count)
    }
}

extension Device {
    /// Queues one launch of a kernel in Swift. Returns before it has run.
    /// - Throws: ``ComputeError/Code/launchShape`` when grid, block or shared memory is more than the device has,
    ///   ``ComputeError/Code/unsupported`` on a GPU.
    public func launch(
        _ kernel: some SwiftKernel, grid: Dim3, block: Dim3, shared: Int = 0, stream: Stream? = nil
    ) throws(ComputeError) {
        guard let stream = (stream ?? defaultStream).backend as? CPUStream else {
            throw ComputeError(
                .unsupported, "Kernels in Swift run on the processor: select the device cpu, or write it in CUDA C.")
        }
        let name = "\(type(of: kernel))"
        let shape = LaunchShape(grid: grid, block: block, shared: shared)
        try shape.check(against: info, kernel: KernelSignature(name: name, parameters: [], line: 0))
        let launch = KernelFibers.Launch(kernel, shape, name: name)
        let stop = stream.stop
        try stream.add { () throws(ComputeError) in try launch.run(stop: stop) }
    }
}
