/// Runs a kernel on the processor under detectors: divergent barriers, accesses out of bounds, races, cells that are read
/// before or never written; each with its line.
public enum KernelCheck {
    /// What a check may take.
    public struct Limits: Hashable, Sendable {
        /// Seconds, after which a kernel counts as endless.
        public var seconds: Double
        /// Bytes of the record of who touched what.
        public var memory: Int

        /// A minute and a GiB, unless said otherwise.
        public init(seconds: Double = 60, memory: Int = 1 << 30) { (self.seconds, self.memory) = (seconds, memory) }
    }

    /// The kernels of a source, for reading arguments with ``LaunchArgumentParser``.
    /// - Throws: ``ComputeError/Code/compilation``, ``ComputeError/Code/noCompiler``.
    public static func signatures(of source: KernelSource) throws(ComputeError) -> [KernelSignature] {
        try compiled(source).signatures
    }

    /// The source compiled for the check.
    package static func compiled(_ source: KernelSource) throws(ComputeError) -> any CompiledProgram {
        var source = source
        source.mode = .check
        return try Device.select(.cpu).compile(cuda: source).compiled
    }

    /// Launches the kernel once, and tells what is wrong with it. What the kernel does wrong is in the report; an error
    /// is what keeps it from running at all.
    /// - Throws: ``ComputeError/Code/compilation``, ``ComputeError/Code/noKernel``, ``ComputeError/Code/arguments``,
    ///   ``ComputeError/Code/launchShape``, ``ComputeError/Code/outOfMemory``.
    public static func run(
        source: KernelSource, kernel: String, shape: LaunchShape, arguments: [LaunchArgument],
        limits: Limits = Limits()
    ) throws(ComputeError) -> CheckReport {
        try run(source: source, kernel: kernel, shape: shape, arguments: arguments, limits: limits, compiler: nil)
    }

    /// The same by a compiler of one's choice.
    package static func run(
        source: KernelSource, kernel: String, shape: LaunchShape, arguments: [LaunchArgument],
        limits: Limits = Limits(), compiler: HostCompiler?
    ) throws(ComputeError) -> CheckReport {
        let launch = try InstrumentedLaunch(
            source: source, kernel: kernel, shape: shape, arguments: arguments, compiler: compiler)
        let detectors = Detectors(launch.context, memoryLimit: limits.memory)
        detectors.peek = { [unowned launch] region, offset, size in launch.peek(region, offset, size) }
        let outcome = launch.run(detectors, seconds: limits.seconds)
        var isComplete = false
        var notes: [String] = []
        switch outcome {
        case .finished: isComplete = true
        case .stopped:
            notes.append("The launch ended at an access that can't happen; what comes after it was not looked at.")
        case .timeUp: detectors.report(.deadline, line: launch.signature.line, timeUp(limits.seconds))
        case .failed(let error): detectors.report(error, launch)
        }
        if !isComplete, notes.isEmpty { notes.append("The launch did not run to its end; the rest was not looked at.") }
        let findings = detectors.finish(isComplete: isComplete)
        return CheckReport(
            kernel: kernel, file: source.file, shape: shape, arguments: arguments, findings: findings,
            threads: shape.grid.count * shape.block.count, accesses: detectors.accesses, isComplete: isComplete,
            limits: notes + detectors.limits)
    }

    private static func timeUp(_ seconds: Double) -> String {
        "It had not ended after \(seconds) seconds: a loop that never ends, a wait for another block, or too large a "
            + "launch for a check; try fewer cells first."
    }
}

extension Detectors {
    /// Why the launch failed, told as a finding.
    func report(_ error: ComputeError, _ launch: InstrumentedLaunch) {
        if error.code == .kernelFault, reportStuckBarrier() { return }
        if error.code == .kernelFault, hasBarrierFinding { return }
        let kind: Finding.Kind = error.code == .deadline ? .deadline : .fault
        let line = error.message.firstRange(of: "line ").flatMap {
            Int(error.message[$0.upperBound...].prefix { $0.isNumber })
        }
        report(kind, line: line ?? launch.signature.line, error.message)
    }

    func report(_ kind: Finding.Kind, line: Int, _ message: String) {
        let key = FindingCollector.Key(kind: kind, site: -2 - line, other: -1, region: -1)
        collector.add(key, .error) { Finding(kind, .error, at: context.place(line: line), message: message) }
    }
}
