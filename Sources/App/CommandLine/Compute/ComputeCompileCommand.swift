import ArgumentParser
import Foundation
import StewardAPI
import StewardCompute
import StewardServer

/// `steward compute compile`
struct ComputeCompileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compiles a kernel without running it: a shared object for this processor, or code for a GPU.",
        discussion: "For a GPU, sm_NUMBER is its compute capability (sm_90: H100); NVRTC is needed, a GPU is not.")

    @Argument(help: ArgumentHelp("The kernel's source, CUDA C; - for standard input.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("cpu, or sm_NUMBER for a GPU's machine code.", valueName: "DEVICE"))
    var device = "cpu"

    @Option(help: ArgumentHelp("Where the code goes; only compiled without it.", valueName: "FILE"))
    var output: String?

    @Option(
        name: .customLong("kernel"),
        help: ArgumentHelp(
            "A template kernel to compile with these arguments, like 'k<float, 4>'; may be given several times.",
            valueName: "NAME"))
    var kernels: [String] = []

    @Option(name: .customLong("define"), help: ArgumentHelp("A preprocessor definition.", valueName: "NAME=VALUE"))
    var defines: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    private var capability: Int? { device.hasPrefix("sm_") ? Int(device.dropFirst(3)) : nil }

    func validate() throws {
        if let plain = kernels.first(where: { KernelInstance($0) == nil }) {
            throw ValidationError(
                "--kernel: '\(plain)' has no template arguments, as 'k<float, 4>' has; other kernels are compiled anyway."
            )
        }
        guard device == "cpu" || capability != nil else {
            throw ValidationError("--device: '\(device)' is neither cpu nor sm_NUMBER (sm_75, sm_80, sm_90, sm_100).")
        }
    }

    func run() async throws {
        let source = KernelSource(
            try KernelFile(file).text(), file: KernelFile(file).name, defines: KernelFile.definitions(defines),
            instantiations: kernels)
        let clock = ContinuousClock()
        let start = clock.now
        let made: (code: [UInt8], kernels: [KernelSignature])
        do throws(ComputeError) {
            if let capability { made = try forGPU(source, capability) } else { made = try forProcessor(source) }
        } catch {
            throw CommandFailure(error)
        }
        let seconds = (clock.now - start) / .seconds(1)
        if let output {
            do { try Data(made.code).write(to: URL(fileURLWithPath: output)) } catch {
                throw CommandFailure("can't write \(output): \(FileReason.of(error))")
            }
        }
        let result = ComputeCompiled(
            device: device, kernels: made.kernels.map { "\($0)" }, bytes: made.code.count, seconds: seconds,
            file: output)
        guard !json else { return try Output.json(result) }
        for kernel in result.kernels { try Output.line("\(kernel)") }
        let place = output.map { " in \($0)" } ?? ""
        try Output.line("\(ComputeRunText.size(result.bytes)) for \(device)\(place), \(ComputeRunText.time(seconds))")
    }

    private func forProcessor(_ source: KernelSource) throws(ComputeError) -> ([UInt8], [KernelSignature]) {
        let product = try KernelBuild.build(source)
        guard let code = FileManager.default.contents(atPath: product.path) else {
            throw ComputeError(
                .noCompiler, "\(product.path), which was just compiled, can't be read: look at its rights.")
        }
        return (Array(code), product.signatures)
    }

    private func forGPU(_ source: KernelSource, _ capability: Int) throws(ComputeError) -> ([UInt8], [KernelSignature])
    {
        let nvrtc: NVRTC
        do throws(DeviceAbsence) { nvrtc = try CUDALibraries.system.compiler() } catch {
            throw ComputeError(.noCompiler, "Code for \(device) needs NVRTC. \(error.sentence)")
        }
        let compiler = CUDACompiler(nvrtc)
        let target = CUDACompiler.Target.machine(capability)
        guard nvrtc.architectures.contains(capability) else {
            let known = nvrtc.architectures.map { "sm_\($0)" }.joined(separator: ", ")
            throw ComputeError(.unsupported, "NVRTC \(nvrtc.version) makes no code for \(device): it knows \(known).")
        }
        let outline = KernelOutline(source.text, definitions: compiler.definitions(for: source, target))
        try KernelIncludes.check(outline, source)
        let signatures = try KernelParser.signatures(of: source, outline: outline)
        let expressions = KernelParser.expressions(of: outline)
        let code = try compiler.compile(
            source, for: target, kernels: signatures.map { expressions[$0.name] ?? $0.name })
        return (code.image, signatures)
    }
}
