import CCompute

/// One launch on the processor: what runs, over what, with what.
package struct CPULaunch: Sendable {
    private let kernel: CPUKernel
    private let shape: LaunchShape
    private let arguments: ArgumentList

    package init(_ kernel: CPUKernel, _ shape: LaunchShape, _ arguments: ArgumentList) {
        self.kernel = kernel
        self.shape = shape
        self.arguments = arguments
    }

    /// Runs all of it in this thread and the pool's; in check mode in this thread alone, and `watch` is told what goes on.
    /// - Throws: ``ComputeError/Code/kernelFault``, ``ComputeError/Code/deadline``.
    package func run(
        stop: LaunchStop? = nil, watch: UnsafePointer<steward_watch>? = nil
    ) throws(ComputeError) {
        try arguments.withPointers { (pointers) throws(ComputeError) in
            var run = steward_run(kernel.table, shape)
            run.arguments = UnsafePointer(pointers)
            run.strict = kernel.program.mode == .check ? 1 : 0
            run.watch = watch
            try run.start(stop: stop)
        }
    }
}

extension steward_run {
    /// A launch without arguments so far.
    init(_ kernel: UnsafePointer<steward_kernel>, _ shape: LaunchShape) {
        self.init()
        self.kernel = kernel
        launch.grid = (UInt32(shape.grid.x), UInt32(shape.grid.y), UInt32(shape.grid.z))
        launch.block = (UInt32(shape.block.x), UInt32(shape.block.y), UInt32(shape.block.z))
        launch.shared = UInt32(shape.shared)
    }

    /// Runs it to its end.
    mutating func start(stop flag: LaunchStop?) throws(ComputeError) {
        stop = flag.map { UnsafePointer($0.flag) }
        if KernelOutput.current.isRedirected {
            printer = { _, text, length in
                KernelOutput.current.write(UnsafeRawBufferPointer(start: text, count: length))
            }
        }
        let outcome = withExtendedLifetime(flag) { steward_run_grid(&self) }
        if outcome == Int32(steward_done.rawValue) { return }
        if outcome == Int32(steward_stopped.rawValue) {
            throw ComputeError(
                .deadline, "\(String(cString: kernel.pointee.name)) was stopped before all of its blocks had run.")
        }
        let sentence = withUnsafeBytes(of: fault) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        throw ComputeError(.kernelFault, sentence)
    }
}
