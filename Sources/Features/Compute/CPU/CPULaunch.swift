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

    /// Runs all of it in this thread and the pool's.
    /// - Throws: ``ComputeError/Code/kernelFault``, ``ComputeError/Code/deadline``.
    package func run() throws(ComputeError) { try run(watch: nil) }

    /// The same, and `watch` is told what goes on: for kernels of check mode, which run in this thread alone.
    package func run(watch: UnsafePointer<steward_watch>?) throws(ComputeError) {
        let controls = CPUControls.current
        try arguments.withPointers { (pointers) throws(ComputeError) in
            var run = steward_run(kernel.table, shape)
            run.arguments = UnsafePointer(pointers)
            run.strict = kernel.program.mode == .check ? 1 : 0
            run.watch = watch
            try controls.run(&run)
        }
    }
}

extension steward_run {
    /// A launch without arguments so far.
    package init(_ kernel: UnsafePointer<steward_kernel>, _ shape: LaunchShape) {
        self.init()
        self.kernel = kernel
        launch.grid = (UInt32(shape.grid.x), UInt32(shape.grid.y), UInt32(shape.grid.z))
        launch.block = (UInt32(shape.block.x), UInt32(shape.block.y), UInt32(shape.block.z))
        launch.shared = UInt32(shape.shared)
    }
}
