import StewardAPI
import StewardCompute

/// A kernel under the detectors: what isn't given is made up.
struct KernelLook {
    private let request: ComputeRun

    init(_ request: ComputeRun) { self.request = request }

    /// What the detectors say. `willLaunch` is called before the launch: from then on the deadline counts.
    /// - Throws: `ComputeError` for what keeps the kernel from running at all.
    func check(willLaunch: (String, String, LaunchShape) -> Void) throws(ComputeError) -> ComputeCheck {
        let source = request.kernelSource(mode: .check)
        let (kernel, arguments) = try launch(KernelCheck.compiled(source), of: source)
        willLaunch(kernel.name, "cpu", request.shape)
        return ComputeCheck(
            try KernelCheck.run(
                source: source, kernel: kernel.name, shape: request.shape, arguments: arguments, limits: limits))
    }

    /// Who does what.
    /// - Throws: `ComputeError`.
    func explain(willLaunch: (String, String, LaunchShape) -> Void) throws(ComputeError) -> ComputeExplanation {
        let source = request.kernelSource(mode: .check)
        let (kernel, arguments) = try launch(KernelCheck.compiled(source), of: source)
        willLaunch(kernel.name, "cpu", request.shape)
        let explanation = try Explanation.of(
            source: source, kernel: kernel.name, shape: request.shape, arguments: arguments, seconds: limits.seconds)
        return ComputeExplanation(explanation, columns: max(40, min(request.cells ?? 80, 200)))
    }

    private var limits: KernelCheck.Limits {
        request.deadline.map { KernelCheck.Limits(seconds: $0.seconds) } ?? KernelCheck.Limits()
    }

    private func launch(
        _ program: any CompiledProgram, of source: KernelSource
    ) throws(ComputeError) -> (KernelSignature, [LaunchArgument]) {
        let kernel = try KernelRun.choose(request.kernel, of: program, source)
        let parser = LaunchArgumentParser(
            n: request.n ?? KernelRun.threads(request.shape), missing: .assumed, allowsFiles: request.files != nil)
        return (kernel, try parser.parse(request.args ?? [], for: kernel))
    }
}
