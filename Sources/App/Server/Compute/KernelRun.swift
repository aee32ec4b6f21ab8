import Foundation
import StewardAPI
import StewardCompute

/// Compiles a kernel, launches it as often as asked, and reads back what it wrote.
struct KernelRun {
    private let request: ComputeRun

    init(_ request: ComputeRun) { self.request = request }

    /// The result. `willLaunch` is called before the first launch: from then on the deadline counts.
    /// - Throws: `ComputeError`.
    func run(willLaunch: (String, String, LaunchShape) -> Void) throws -> ComputeRunResult {
        let repetitions = request.repetitions ?? 1
        guard (1...KernelLimits.repetitions).contains(repetitions) else {
            throw ComputeError(
                .arguments, "repeat is \(repetitions): a kernel is run 1 to \(KernelLimits.repetitions) times.")
        }
        let device = try Device.select(Device.Wish(request.device ?? "auto"))
        let clock = ContinuousClock()
        let start = clock.now
        let program = try device.compile(cuda: request.kernelSource())
        let compileSeconds = (clock.now - start) / .seconds(1)
        let signature = try Self.choose(request.kernel, of: program.compiled, program.source)
        let kernel = try program.compiled.kernel(named: signature.name)
        let shape = request.shape
        try shape.check(against: device.info, kernel: kernel.signature)
        let parser = LaunchArgumentParser(n: request.n ?? Self.threads(shape), allowsFiles: request.files != nil)
        let arguments = try parser.parse(request.args ?? [], for: kernel.signature)
        let buffers = try KernelBuffers(arguments, of: kernel.signature, on: device)
        willLaunch(signature.name, device.info.id, shape)
        var seconds: [Double] = []
        for index in 0..<repetitions {
            if index > 0 { try buffers.restore() }
            seconds.append(try Self.time(kernel, shape, buffers.list, on: device))
        }
        return ComputeRunResult(
            kernel: "\(kernel.signature)", device: device.info.id, deviceName: device.info.name, grid: request.grid,
            block: request.block, compileSeconds: compileSeconds, seconds: seconds, bytes: buffers.byteCount,
            outputs: try buffers.outputs(
                cells: min(max(request.cells ?? 8, 0), KernelLimits.cells), files: request.files ?? [:]))
    }

    /// What `n` is where nobody says: a cell for each thread.
    static func threads(_ shape: LaunchShape) -> Int {
        let (threads, overflow) = shape.grid.clampedCount.multipliedReportingOverflow(by: shape.block.clampedCount)
        return overflow ? Int(Int32.max) : threads
    }

    /// The kernel of that name, or the only one.
    static func choose(
        _ name: String?, of program: any CompiledProgram, _ source: KernelSource
    ) throws(ComputeError) -> KernelSignature {
        let all = program.signatures
        if let name { return try program.kernel(named: name).signature }
        guard let first = all.first else {
            guard let template = program.templates.first else {
                throw ComputeError(.noKernel, "\(source.file) has no kernel: mark one with `__global__ void`.")
            }
            throw ComputeError(
                .noKernel,
                "\(source.file) has only templates (\(program.templates.map(\.description).joined(separator: ", "))): name one with "
                    + "its arguments, as in \(template.example).")
        }
        let names = all.map(\.name).joined(separator: ", ")
        guard all.count == 1 else {
            throw ComputeError(
                .noKernel, "\(source.file) has \(all.count) kernels, name one of them: \(names).")
        }
        return first
    }

    private static func time(
        _ kernel: any CompiledKernel, _ shape: LaunchShape, _ list: ArgumentList, on device: Device
    ) throws -> Double {
        let stream = device.defaultStream
        try stream.synchronize()
        guard device.info.kind == .cuda else {
            let clock = ContinuousClock()
            let start = clock.now
            try stream.backend.launch(kernel, shape, list)
            try stream.synchronize()
            return (clock.now - start) / .seconds(1)
        }
        let before = try stream.record()
        try stream.backend.launch(kernel, shape, list)
        let after = try stream.record()
        try stream.synchronize()
        return try after.seconds(since: before)
    }
}
