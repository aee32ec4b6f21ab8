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

    /// How kernels are compiled.
    public enum Mode: String, Hashable, Sendable {
        /// For speed.
        case fast
        /// Every access to memory is reported to the detectors (the processor only).
        case check
    }

    /// A source; diagnostics name it `file`.
    public init(_ text: String, file: String = "kernel.cu", defines: [String: String] = [:], mode: Mode = .fast) {
        self.text = text
        self.file = file
        self.defines = defines
        self.mode = mode
    }
}
