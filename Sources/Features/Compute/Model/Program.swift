import Synchronization

/// Compiled CUDA C: the kernels of one source on one device.
public final class Program: Sendable {
    package let compiled: any CompiledProgram
    /// What it was compiled from.
    public let source: KernelSource
    /// What it was compiled for.
    public let device: Device

    /// Programs of instances that the source's own compilation didn't have, by name.
    private let instances = Mutex<[String: any CompiledProgram]>([:])

    package init(compiled: any CompiledProgram, source: KernelSource, device: Device) {
        self.compiled = compiled
        self.source = source
        self.device = device
    }

    /// The kernels of the source, in its order.
    public var signatures: [KernelSignature] { compiled.signatures }

    /// The kernel of that name, for arguments of these types:
    /// `try program.kernel("saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)`.
    /// An instance of a template is named as in C++, `scale<float, 4>`, and compiled when it is first asked for.
    /// - Throws: ``ComputeError/Code/noKernel`` with the names there are; ``ComputeError/Code/compilation`` where a template
    ///   can't be compiled with these arguments; ``ComputeError/Code/arguments`` with the parameter's place, its C type
    ///   and what was given.
    public func kernel<each Argument: KernelArgument>(
        _ name: String, _ types: repeat (each Argument).Type
    ) throws(ComputeError) -> Kernel<repeat each Argument> {
        var given: [ParameterType] = []
        for type in repeat each types { given.append(type.parameterType) }
        let kernel = try program(with: name).kernel(named: name)
        try kernel.signature.check(given, file: source.file)
        return Kernel(compiled: kernel, program: self)
    }

    /// The compiled program that has the kernel: the source's own, or one with that instance of a template.
    package func program(with kernel: String) throws(ComputeError) -> any CompiledProgram {
        guard let instance = KernelInstance(kernel), !signatures.contains(where: { $0.isCalled(kernel) }) else {
            return compiled
        }
        if let known = instances.withLock({ $0[instance.name] }) { return known }
        let made = try device.backend.compile(source.instantiating(instance.name))
        instances.withLock { $0[instance.name] = made }
        return made
    }
}

/// One kernel, with the types of its arguments.
public struct Kernel<each Argument: KernelArgument>: Sendable {
    package let compiled: any CompiledKernel
    /// The program that it is part of.
    public let program: Program

    private let limits: LaunchLimits
    private let parameterCount: Int

    package init(compiled: any CompiledKernel, program: Program) {
        self.compiled = compiled
        self.program = program
        limits = LaunchLimits(program.device.info, compiled.signature)
        parameterCount = compiled.signature.parameters.count
    }

    /// Queues one launch: CUDA's `kernel<<<grid, block, shared, stream>>>(arguments...)`. Returns before it has run.
    /// - Throws: ``ComputeError/Code/launchShape`` when grid, block or shared memory is more than the device has,
    ///   ``ComputeError/Code/bounds`` for a buffer of another device.
    public func launch(
        grid: Dim3, block: Dim3, shared: Int = 0, stream: Stream? = nil, _ arguments: repeat each Argument
    ) throws(ComputeError) {
        let shape = LaunchShape(grid: grid, block: block, shared: shared)
        if !shape.isWithin(limits) { try shape.check(against: program.device.info, kernel: compiled.signature) }
        var list = ArgumentList(capacity: parameterCount, for: program.device)
        for argument in repeat each arguments { argument.append(to: &list) }
        if let (argument, device) = list.stranger {
            throw ComputeError(
                .bounds,
                "Argument \(argument) of \(compiled.signature) lies on \(device.info.id), and the kernel runs on "
                    + "\(program.device.info.id): copy it there first.")
        }
        try (stream ?? program.device.defaultStream).backend.launch(compiled, shape, list)
    }
}
