import StewardCompute

/// Runs the stand-in's kernels on the processor.
enum KernelRunner {
    /// `struct standin_runner`.
    struct Table {
        var context: UnsafeMutableRawPointer?
        var load:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<CChar>, Int
            ) -> UnsafeMutableRawPointer?
        var kernel:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutableRawPointer, UnsafePointer<CChar>, UnsafeMutablePointer<Int>,
                Int32
            ) -> Int32
        var launch:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutableRawPointer, UnsafePointer<CChar>, UnsafePointer<UInt32>,
                UnsafePointer<UInt32>, UInt32, UnsafeMutablePointer<UnsafeMutableRawPointer>
            ) -> Int32
        var unload: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer) -> Void
    }

    static var table: Table {
        Table(
            context: nil,
            load: { _, source, file, _, _ in
                let program = LoadedProgram(KernelSource(String(cString: source), file: String(cString: file)))
                return Unmanaged.passRetained(program).toOpaque()
            },
            kernel: { _, program, name, sizes, capacity in
                let loaded = Unmanaged<LoadedProgram>.fromOpaque(program).takeUnretainedValue()
                guard let found = loaded.sizes(of: String(cString: name)), found.count <= capacity else { return -1 }
                for (index, size) in found.enumerated() { sizes[index] = size }
                return Int32(found.count)
            },
            launch: { _, program, name, grid, block, shared, arguments in
                let loaded = Unmanaged<LoadedProgram>.fromOpaque(program).takeUnretainedValue()
                let shape = LaunchShape(
                    grid: Dim3(Int(grid[0]), Int(grid[1]), Int(grid[2])),
                    block: Dim3(Int(block[0]), Int(block[1]), Int(block[2])), shared: Int(shared))
                return loaded.run(String(cString: name), shape, arguments)
            },
            unload: { _, program in Unmanaged<LoadedProgram>.fromOpaque(program).release() })
    }
}

/// A program in the stand-in's context.
final class LoadedProgram: Sendable {
    private let source: KernelSource

    init(_ source: KernelSource) { self.source = source }

    func sizes(of kernel: String) -> [Int]? {
        switch kernel {
        case "saxpy": [4, 8, 8, 4]
        default: nil
        }
    }

    /// 0, or the code that the launch ends with.
    func run(
        _ kernel: String, _ shape: LaunchShape, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
    ) -> Int32 {
        let a = arguments[0].load(as: Float.self)
        let x = arguments[1].load(as: UnsafeMutablePointer<Float>.self)
        let y = arguments[2].load(as: UnsafeMutablePointer<Float>.self)
        for i in 0..<Int(arguments[3].load(as: Int32.self)) { y[i] += a * x[i] }
        return 0
    }
}
