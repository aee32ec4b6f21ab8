/// The value for one parameter of a kernel, described instead of held: what `--args` says, what a request carries.
public struct LaunchArgument: Hashable, Sendable, Codable {
    /// The parameter's name in the source (`arg2` where it gives none).
    public var name: String
    /// What is passed.
    public var content: Content
    /// Nobody gave it: it was filled in, from `--n` or by a rule.
    public var isAssumed: Bool

    /// An argument that was given, unless said otherwise.
    public init(name: String, content: Content, isAssumed: Bool = false) {
        self.name = name
        self.content = content
        self.isAssumed = isAssumed
    }

    /// A number passed by value, or a buffer in the device's memory.
    public enum Content: Hashable, Sendable, Codable {
        case scalar(Number, ElementType)
        case buffer(Cells)
    }

    /// What a buffer holds before the launch.
    public struct Cells: Hashable, Sendable, Codable {
        /// The type of each cell.
        public var element: ElementType
        /// Cells.
        public var count: Int
        /// What the cells hold.
        public var pattern: Pattern
        /// Every cell is expected to be written: the kernel may write here, and the length was given on purpose.
        public var isOutput: Bool

        /// Zeros that nobody expects to be written, unless said otherwise.
        public init(_ element: ElementType, count: Int, pattern: Pattern = .zeros, isOutput: Bool = false) {
            self.element = element
            self.count = count
            self.pattern = pattern
            self.isOutput = isOutput
        }

        /// Bytes of all cells.
        public var byteCount: Int { count * element.size }
    }

    /// The initial contents of a buffer.
    public enum Pattern: Hashable, Sendable, Codable {
        case zeros
        /// As fresh memory of a GPU: reading a cell before it is written is a mistake.
        case uninitialised
        /// 0, 1, 2, ... (wrapping in narrow integers).
        case iota
        /// The same numbers for the same seed: reals in 0..<1, integers that are indices of the buffer.
        case random(seed: UInt64)
        /// The same number in every cell.
        case constant(Number)
        /// One number a cell.
        case values([Number])
        /// The bytes of a file, from an offset (the data of a `.npy` begins after its head).
        case file(path: String, offset: Int)
    }

    /// A number as it was written: whole numbers stay exact.
    public enum Number: Hashable, Sendable {
        case integer(Int64)
        /// Whole, and larger than any `Int64`.
        case unsigned(UInt64)
        case real(Double)
    }
}

extension LaunchArgument {
    /// Its type on the C side, as a kernel's signature has it.
    public var parameterType: ParameterType {
        switch content {
        case .scalar(_, let element): .scalar(element)
        case .buffer(let cells): .pointer(cells.element)
        }
    }
}

extension LaunchArgument.Number: CustomStringConvertible {
    /// As `--args` takes it.
    public var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .real(let value): "\(value)"
        }
    }
}

extension LaunchArgument.Pattern: CustomStringConvertible {
    /// As `--args` takes it.
    public var description: String {
        switch self {
        case .zeros: "zeros"
        case .uninitialised: "uninitialised"
        case .iota: "iota"
        case .random(let seed): "random(\(seed))"
        case .constant(let number): "\(number)"
        case .values(let numbers): numbers.map(\.description).joined(separator: ",")
        case .file(let path, _): "@\(path)"
        }
    }
}

extension LaunchArgument: CustomStringConvertible {
    /// As `--args` takes it: `n=1000`, `x=float[1000]:iota`.
    public var description: String {
        switch content {
        case .scalar(let number, _): "\(name)=\(number)"
        case .buffer(let cells):
            "\(name)=\(cells.element.shortName)[\(cells.count)]"
                + (cells.pattern == .zeros ? "" : ":\(cells.pattern)")
        }
    }
}

/// A JSON number; what JSON has none for is a string: `"inf"`, `"nan"`.
extension LaunchArgument.Number: Codable {
    /// From a number or one of those strings.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .unsigned(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = Self(try container.decode(String.self)) {
            self = value
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number is needed")
        }
    }

    /// As a number where JSON has it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .unsigned(let value): try container.encode(value)
        case .real(let value) where value.isFinite: try container.encode(value)
        case .real: try container.encode(description)
        }
    }
}
