/// CUDA C to compile: the text, the name that diagnostics give it, and compiler options.
public struct KernelSource: Hashable, Sendable {
    /// CUDA C.
    public var text: String
    /// As diagnostics and findings name it: `saxpy.cu`.
    public var file: String
    /// Preprocessor definitions: `["TILE": "16"]`.
    public var defines: [String: String]
    /// What the kernels are instrumented for.
    public var mode: Mode

    /// Template kernels to compile with their arguments, as C++ names them: `["scale<float, 4>"]`. ``Program`` compiles
    /// those that it is asked for later by itself; what is given here shares one module, `__constant__` variables included.
    public var instantiations: [String]

    /// How kernels are compiled.
    public enum Mode: String, Hashable, Sendable {
        /// For speed.
        case fast
        /// Every access to memory is reported to the detectors (the processor only).
        case check
    }

    /// A source; diagnostics name it `file`.
    public init(
        _ text: String, file: String = "kernel.cu", defines: [String: String] = [:], mode: Mode = .fast,
        instantiations: [String] = []
    ) {
        self.text = text
        self.file = file
        self.defines = defines
        self.mode = mode
        self.instantiations = instantiations
    }

    /// ` with k<float, 4>`, for messages; empty without instantiations.
    var withInstances: String {
        instantiations.isEmpty
            ? "" : " with " + instantiations.map(KernelInstance.canonical).joined(separator: ", ")
    }

    /// The same with an instance of a template, if `kernel` names one.
    package func instantiating(_ kernel: String?) -> KernelSource {
        guard let kernel, KernelInstance(kernel) != nil, !instantiations.contains(kernel) else { return self }
        var source = self
        source.instantiations.append(kernel)
        return source
    }
}
