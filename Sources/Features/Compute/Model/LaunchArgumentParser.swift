/// Reads `--args`: one text an argument, positional or `name=value`, for one kernel.
///
///     2.0                      a number
///     n=1000                   by the parameter's name
///     x=float[1000]:iota       a buffer: type, cells, contents
///     x=[1000]:random(7)       the type is the parameter's
///     x=random:7               the length is `n`
///     y=1,2,3,4                these cells
///     out=float[1000]          zeros, and every cell is expected to be written
///     out=[1000]:uninitialised as fresh memory of a GPU
///     x=@cells.npy             a file: `.npy`, or raw cells
public struct LaunchArgumentParser: Sendable {
    /// What happens to parameters that nobody gives.
    public enum Missing: Sendable {
        /// They are filled in, and marked as assumed: to look at a kernel.
        case assumed
        /// Only sizes are (from `n`); the rest is an error: to run it.
        case refused
    }

    /// `--n`: the value of size parameters (`n`, `N`, `size`, `count`, ...) and the length of buffers without one.
    public var n: Int?
    /// What happens to parameters that nobody gives.
    public var missing: Missing
    /// Whether `@file` may be given; not by those who have no business in this machine's files.
    public var allowsFiles: Bool
    /// The bytes that all buffers together may have.
    public var memoryLimit: Int

    /// For running a kernel, unless said otherwise: nothing but sizes is assumed.
    public init(
        n: Int? = nil, missing: Missing = .refused, allowsFiles: Bool = true, memoryLimit: Int = 16 << 30
    ) {
        self.n = n
        self.missing = missing
        self.allowsFiles = allowsFiles
        self.memoryLimit = memoryLimit
    }

    /// The arguments in the order of the kernel's parameters.
    /// - Throws: ``ComputeError/Code/arguments`` naming the argument, what was given and what is possible.
    public func parse(_ texts: [String], for kernel: KernelSignature) throws(ComputeError) -> [LaunchArgument] {
        if let n, n < 0 { throw ComputeError(.arguments, "--n is \(n): give a number of cells, 0 or more.") }
        let given = try assign(texts, to: kernel)
        var reader = ArgumentReader(parser: self, kernel: kernel)
        try reader.findDefaultLength(given)
        var arguments: [LaunchArgument] = []
        var bytes = 0
        for (index, parameter) in kernel.parameters.enumerated() {
            let argument = try reader.argument(parameter, at: index, text: given[index])
            if case .buffer(let cells) = argument.content { bytes += cells.byteCount }
            guard bytes <= memoryLimit else {
                throw reader.refusal(
                    index, "brings the buffers to \(bytes) bytes",
                    "all together may have \(memoryLimit): ask for shorter ones")
            }
            arguments.append(argument)
        }
        return arguments
    }

    /// Which text belongs to which parameter.
    private func assign(_ texts: [String], to kernel: KernelSignature) throws(ComputeError) -> [String?] {
        var given: [String?] = Array(repeating: nil, count: kernel.parameters.count)
        var next = 0
        for text in texts {
            let index: Int
            let value: String
            if let (name, rest) = Self.splitName(text) {
                guard let found = kernel.parameters.firstIndex(where: { $0.name == name }) else {
                    let names = kernel.parameters.map(\.name).joined(separator: ", ")
                    throw ComputeError(
                        .arguments,
                        "Argument '\(text)': \(kernel) has no parameter '\(name)'"
                            + (names.isEmpty ? "." : ": its parameters are \(names)."))
                }
                (index, value) = (found, rest)
            } else {
                while next < given.count, given[next] != nil { next += 1 }
                guard next < given.count else {
                    throw ComputeError(
                        .arguments,
                        "Argument '\(text)' is one too many: \(kernel) takes \(kernel.parameters.count).")
                }
                (index, value) = (next, text)
            }
            guard given[index] == nil else {
                throw ComputeError(
                    .arguments, "Argument '\(text)': \(kernel.parameters[index].name) is given twice; \(kernel).")
            }
            given[index] = value
        }
        return given
    }

    /// `name=value`, where the name is one in C.
    private static func splitName(_ text: String) -> (String, String)? {
        guard let sign = text.firstIndex(of: "="), let first = text.first, first.isASCII,
            first.isLetter || first == "_",
            text[..<sign].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else { return nil }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }

    /// The arguments of one line: separated by white space; `'...'` and `"..."` keep theirs.
    public static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}
