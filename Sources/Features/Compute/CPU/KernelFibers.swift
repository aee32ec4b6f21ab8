import CCompute

/// How kernels in Swift run on the same fibers as compiled ones.
enum KernelFibers {
    static func barrier(line: Int) {
        precondition(steward_running_thread() >= 0, "a kernel whose hasBarriers is false calls barrier()")
        _ = steward_barrier(Int32(steward_vote_none.rawValue), 0, Int32(truncatingIfNeeded: line))
    }

    static var blockMemory: UnsafeMutableRawPointer { steward_block_memory()! }

    /// One launch of a kernel in Swift.
    final class Launch<Kernel: SwiftKernel>: AnyLaunch, @unchecked Sendable {
        private let kernel: Kernel
        private let shape: LaunchShape
        private let name: String

        init(_ kernel: Kernel, _ shape: LaunchShape, name: String) {
            self.kernel = kernel
            self.shape = shape
            self.name = name
        }

        func run(stop: LaunchStop?) throws(ComputeError) {
            var argument: UnsafeMutableRawPointer? = Unmanaged<AnyLaunch>.passUnretained(self).toOpaque()
            try withUnsafeMutablePointerTyped(to: &argument) { (arguments) throws(ComputeError) in
                try runGrid(arguments, stop)
            }
        }

        private func runGrid(
            _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ stop: LaunchStop?
        ) throws(ComputeError) {
            let text = Array(name.utf8CString)
            let chars = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
            chars.initialize(from: text, count: text.count)
            var table = steward_kernel()
            table.name = UnsafePointer(chars)
            if Kernel.hasBarriers { table.thread = AnyLaunch.thread } else { table.blocks = AnyLaunch.blocks }
            defer { chars.deallocate() }
            try withUnsafeMutablePointerTyped(to: &table) { (table) throws(ComputeError) in
                var run = steward_run(UnsafePointer(table), shape)
                run.arguments = UnsafePointer(arguments)
                try run.start(stop: stop)
            }
        }

        override func runThread(_ thread: Dim3, _ block: Dim3) {
            kernel.run(
                KernelThread(threadIndex: thread, blockIndex: block, blockDim: shape.block, gridDim: shape.grid))
        }

        override func runBlocks(_ range: Range<Int>) {
            for number in range {
                let row = number / shape.grid.x
                let block = Dim3(number % shape.grid.x, row % shape.grid.y, row / shape.grid.y)
                for z in 0..<shape.block.z {
                    for y in 0..<shape.block.y {
                        for x in 0..<shape.block.x { runThread(Dim3(x, y, z), block) }
                    }
                }
            }
        }
    }

    /// A launch whose kernel's type isn't known: what C calls.
    class AnyLaunch {
        func runThread(_ thread: Dim3, _ block: Dim3) {}
        func runBlocks(_ range: Range<Int>) {}

        private static func from(_ arguments: UnsafePointer<UnsafeMutableRawPointer?>?) -> AnyLaunch {
            Unmanaged<AnyLaunch>.fromOpaque(arguments!.pointee!).takeUnretainedValue()
        }

        static let thread:
            @convention(c) (
                UnsafePointer<steward_launch>?, UnsafePointer<steward_place>?, UnsafePointer<UnsafeMutableRawPointer?>?
            ) -> Void = { _, place, arguments in
                let (thread, block) = (place!.pointee.thread, place!.pointee.block)
                from(arguments).runThread(
                    Dim3(Int(thread.0), Int(thread.1), Int(thread.2)), Dim3(Int(block.0), Int(block.1), Int(block.2)))
            }

        static let blocks:
            @convention(c) (
                UnsafePointer<steward_launch>?, UInt64, UInt64, UnsafePointer<UnsafeMutableRawPointer?>?
            ) -> Void = { _, first, last, arguments in from(arguments).runBlocks(Int(first)..<Int(last)) }
    }
}

/// `withUnsafeMutablePointer` with a typed error.
func withUnsafeMutablePointerTyped<Value, Result, Failure: Error>(
    to value: inout Value, _ body: (UnsafeMutablePointer<Value>) throws(Failure) -> Result
) throws(Failure) -> Result {
    let outcome = withUnsafeMutablePointer(to: &value) { pointer -> Swift.Result<Result, Failure> in
        do throws(Failure) { return .success(try body(pointer)) } catch { return .failure(error) }
    }
    return try outcome.get()
}
