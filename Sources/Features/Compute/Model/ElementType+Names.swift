extension ElementType {
    /// One word, as `--args` writes it: `uchar`, `float`, `half`.
    public var shortName: String {
        switch self {
        case .int8: "char"
        case .uint8: "uchar"
        case .int16: "short"
        case .uint16: "ushort"
        case .int32: "int"
        case .uint32: "uint"
        case .int64: "long"
        case .uint64: "ulong"
        case .float16: "half"
        case .bfloat16: "bf16"
        case .float: "float"
        case .double: "double"
        }
    }

    /// From C's name, ``shortName``, `int32_t`, `i32`, `f32` and the like; nil for any other word.
    public init?(named name: String) {
        guard let found = Self.names[name] ?? Self(rawValue: name) else { return nil }
        self = found
    }

    /// Whether cells are whole numbers.
    public var isInteger: Bool {
        switch self {
        case .float16, .bfloat16, .float, .double: false
        default: true
        }
    }

    /// The least and greatest whole number, for sentences.
    var rangeText: String {
        switch self {
        case .int8: "-128 to 127"
        case .uint8: "0 to 255"
        case .int16: "-32768 to 32767"
        case .uint16: "0 to 65535"
        case .int32: "\(Int32.min) to \(Int32.max)"
        case .uint32: "0 to \(UInt32.max)"
        case .int64: "\(Int64.min) to \(Int64.max)"
        case .uint64: "0 to \(UInt64.max)"
        case .float16, .bfloat16, .float, .double: "any number"
        }
    }

    private static let names: [String: ElementType] = {
        var names: [String: ElementType] = [
            "int8_t": .int8, "i8": .int8, "int8": .int8, "uint8_t": .uint8, "u8": .uint8, "uint8": .uint8,
            "int16_t": .int16, "i16": .int16, "int16": .int16, "uint16_t": .uint16, "u16": .uint16, "uint16": .uint16,
            "int32_t": .int32, "i32": .int32, "int32": .int32, "uint32_t": .uint32, "u32": .uint32, "uint32": .uint32,
            "unsigned": .uint32, "int64_t": .int64, "i64": .int64, "int64": .int64, "uint64_t": .uint64, "u64": .uint64,
            "uint64": .uint64, "size_t": .uint64, "f16": .float16, "float16": .float16, "bfloat16": .bfloat16,
            "f32": .float, "float32": .float, "f64": .double, "float64": .double,
        ]
        for element in allCases { names[element.shortName] = element }
        return names
    }()
}
