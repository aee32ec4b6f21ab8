/// What went wrong in a computation: a closed code, and a sentence with the place and the way out.
public struct ComputeError: Error, Hashable, Sendable {
    /// What kind of failure it is; stable, for programs.
    public enum Code: String, Hashable, Sendable, Codable {
        /// No such device, or it can't be used; the message says why.
        case deviceUnavailable = "device-unavailable"
        /// The kernel's source doesn't compile; `diagnostics` has the compiler's words.
        case compilation = "kernel-compilation"
        /// No compiler for kernels on this machine.
        case noCompiler = "no-compiler"
        /// The program has no kernel of that name.
        case noKernel = "no-kernel"
        /// The kernel takes other arguments than those given.
        case arguments = "kernel-arguments"
        /// Grid, block or shared memory beyond what the device has.
        case launchShape = "launch-shape"
        /// Memory could not be had.
        case outOfMemory = "out-of-memory"
        /// A copy or view outside a buffer, or between buffers of different devices.
        case bounds = "out-of-bounds"
        /// The kernel failed while it ran: a bad address, a barrier that not every thread reaches.
        case kernelFault = "kernel-fault"
        /// The kernel did not end in time.
        case deadline = "kernel-deadline"
        /// The driver or one of its libraries said no; the message has its code and name.
        case driver = "driver"
        /// Something that this backend can't do.
        case unsupported = "unsupported"
    }

    /// What kind of failure it is.
    public var code: Code
    /// A full sentence: what, where, and what to do.
    public var message: String
    /// The compiler's diagnostics, in the lines of the user's source.
    public var diagnostics: [Diagnostic]

    /// A failure; `diagnostics` only for compilations.
    public init(_ code: Code, _ message: String, diagnostics: [Diagnostic] = []) {
        self.code = code
        self.message = message
        self.diagnostics = diagnostics
    }

    /// One message of a compiler about a place in the kernel's source.
    public struct Diagnostic: Hashable, Sendable, Codable {
        /// How bad it is.
        public enum Severity: String, Hashable, Sendable, Codable { case error, warning, note }

        /// How bad it is.
        public var severity: Severity
        /// The file's name as it was given with the source.
        public var file: String
        /// From 1; 0 where the compiler named none.
        public var line: Int
        /// From 1; 0 where the compiler named none.
        public var column: Int
        /// The compiler's words.
        public var text: String

        /// A message about one place.
        public init(severity: Severity, file: String, line: Int, column: Int, text: String) {
            self.severity = severity
            self.file = file
            self.line = line
            self.column = column
            self.text = text
        }
    }
}

extension ComputeError: CustomStringConvertible {
    /// The message, then one line a diagnostic: `file:line:column: error: text`.
    public var description: String {
        ([message] + diagnostics.map(\.description)).joined(separator: "\n")
    }
}

extension ComputeError.Diagnostic: CustomStringConvertible {
    /// As people read it.
    public var description: String {
        let place = [line, column].prefix { $0 > 0 }.map { ":\($0)" }.joined()
        return "\(file)\(place): \(severity.rawValue): \(text)"
    }
}
