import Synchronization

/// Compiled code that is loaded on one GPU.
package final class CUDAProgram: CompiledProgram {
    let context: CUDAContext
    package let signatures: [KernelSignature]
    package let templates: [KernelTemplate]
    let file: String
    private nonisolated(unsafe) let module: CUDADriver.Handle
    private let kernels: [String: KernelFacts]

    /// What the source says that there is.
    struct Kernels {
        var signatures: [KernelSignature]
        var templates: [KernelTemplate]
        private let qualified: [String: String]

        init(_ source: KernelSource, _ outline: KernelOutline) throws(ComputeError) {
            signatures = try KernelParser.signatures(of: source, outline: outline)
            templates = KernelParser.templates(of: outline)
            qualified = KernelParser.expressions(of: outline)
        }

        /// What the compiler is asked for by.
        func expression(_ signature: KernelSignature) -> String { qualified[signature.name] ?? signature.name }

        /// Of all kernels.
        var expressions: [String] { signatures.map(expression) }
    }

    /// Loads the code and looks up every kernel.
    init(
        _ code: CompiledCode, _ source: Kernels, file: String, context: CUDAContext
    ) throws(ComputeError) {
        var module: CUDADriver.Handle?
        try context.perform("cuModuleLoadData", detail: " for \(file)") { driver in
            code.image.withUnsafeBytes { driver.loadModule(&module, $0.baseAddress!) }
        }
        self.module = module!
        self.context = context
        self.file = file
        var (kernels, described): ([String: KernelFacts], [KernelSignature]) = ([:], [])
        do throws(ComputeError) {
            for var signature in source.signatures {
                let facts = try KernelFacts(
                    code.lowered[source.expression(signature)] ?? signature.name, module: module!, context: context)
                signature.staticShared = facts.staticShared
                kernels[signature.name] = facts
                described.append(signature)
            }
        } catch {
            let loaded = module
            context.dispose { $0.unloadModule(loaded) }
            throw error
        }
        self.kernels = kernels
        self.signatures = described
        templates = source.templates
    }

    deinit { context.dispose { $0.unloadModule(module) } }

    package func kernel(named name: String) throws(ComputeError) -> any CompiledKernel {
        guard let signature = signatures.first(where: { $0.isCalled(name) }), let facts = kernels[signature.name] else {
            throw noKernel(name, file: file)
        }
        return CUDAKernel(signature, facts, program: self)
    }
}

/// What the driver says of one kernel.
final class KernelFacts: Sendable {
    nonisolated(unsafe) let function: CUDADriver.Handle
    /// Threads a block at most, by its registers.
    let maxThreads: Int
    let registers: Int
    let staticShared: Int
    /// The shared memory a block, static and dynamic, that the driver has been told of.
    let sharedAskedFor = Mutex(sharedByDefault)
    /// More must be asked for (CUDA C++ Programming Guide, "Shared Memory" of compute capability 7.x).
    static let sharedByDefault = 48 << 10

    /// `CU_FUNC_ATTRIBUTE_...`
    private static let (threadsAttribute, sharedAttribute, registersAttribute): (Int32, Int32, Int32) = (0, 1, 4)

    init(_ name: String, module: CUDADriver.Handle, context: CUDAContext) throws(ComputeError) {
        var function: CUDADriver.Handle?
        try context.perform("cuModuleGetFunction", detail: " for \(name)") { $0.function(&function, module, name) }
        self.function = function!
        let found = self.function
        func attribute(_ number: Int32) throws(ComputeError) -> Int {
            var value: Int32 = 0
            try context.perform("cuFuncGetAttribute", detail: " for \(name)") { driver in
                driver.functionAttribute(&value, number, found)
            }
            return Int(value)
        }
        maxThreads = try attribute(Self.threadsAttribute)
        registers = try attribute(Self.registersAttribute)
        staticShared = try attribute(Self.sharedAttribute)
    }
}

/// One kernel of a program on a GPU.
package final class CUDAKernel: CompiledKernel {
    package let signature: KernelSignature
    let program: CUDAProgram
    private let facts: KernelFacts

    /// `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`.
    private static let dynamicSharedAttribute: Int32 = 8

    init(_ signature: KernelSignature, _ facts: KernelFacts, program: CUDAProgram) {
        self.signature = signature
        self.facts = facts
        self.program = program
    }

    var function: CUDADriver.Handle { facts.function }

    /// `saxpy (saxpy.cu:3)`.
    var place: String { "\(signature.name) (\(program.file):\(signature.line))" }

    /// Checks what the driver would read past the end of, or refuse with a bare code; asks for the shared memory.
    func admit(_ shape: LaunchShape, _ arguments: ArgumentList) throws(ComputeError) {
        guard arguments.count == signature.parameters.count else {
            throw ComputeError(
                .arguments,
                "\(place) takes \(signature.parameters.count) arguments; \(arguments.count) are given.")
        }
        guard shape.block.count <= facts.maxThreads else {
            throw ComputeError(
                .launchShape,
                "\(place) needs \(facts.registers) registers a thread, so that a block has \(facts.maxThreads) threads "
                    + "at most; \(shape.block.count) are asked for: take a smaller block.")
        }
        let total = shape.shared + facts.staticShared
        guard total > KernelFacts.sharedByDefault else { return }
        try facts.sharedAskedFor.withLock { (asked) throws(ComputeError) in
            guard total > asked else { return }
            try program.context.perform("cuFuncSetAttribute", detail: " for \(place), \(shape.shared) bytes") {
                driver in
                driver.setFunctionAttribute(function, Self.dynamicSharedAttribute, Int32(shape.shared))
            }
            asked = total
        }
    }
}
