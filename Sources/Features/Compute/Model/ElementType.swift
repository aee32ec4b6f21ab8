/// The type of one cell of a buffer or of a scalar argument, with C's names.
public enum ElementType: String, Hashable, Sendable, Codable, CaseIterable {
    case int8 = "signed char"
    case uint8 = "unsigned char"
    case int16 = "short"
    case uint16 = "unsigned short"
    case int32 = "int"
    case uint32 = "unsigned int"
    case int64 = "long long"
    case uint64 = "unsigned long long"
    case float16 = "__half"
    case bfloat16 = "__nv_bfloat16"
    case float = "float"
    case double = "double"

    /// Bytes.
    public var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float: 4
        case .int64, .uint64, .double: 8
        }
    }
}

/// What can lie in a ``Buffer``: plain numbers whose C type is known.
public protocol Element: BitwiseCopyable, Sendable {
    static var elementType: ElementType { get }
}

extension Int8: Element {
    /// `int8`.
    public static var elementType: ElementType { .int8 }
}

extension UInt8: Element {
    /// `uint8`.
    public static var elementType: ElementType { .uint8 }
}

extension Int16: Element {
    /// `int16`.
    public static var elementType: ElementType { .int16 }
}

extension UInt16: Element {
    /// `uint16`.
    public static var elementType: ElementType { .uint16 }
}

extension Int32: Element {
    /// `int32`.
    public static var elementType: ElementType { .int32 }
}

extension UInt32: Element {
    /// `uint32`.
    public static var elementType: ElementType { .uint32 }
}

extension Int64: Element {
    /// `int64`.
    public static var elementType: ElementType { .int64 }
}

extension UInt64: Element {
    /// `uint64`.
    public static var elementType: ElementType { .uint64 }
}

extension Int: Element {
    /// `int64`.
    public static var elementType: ElementType { .int64 }
}

extension Float: Element {
    /// `float`.
    public static var elementType: ElementType { .float }
}

extension Double: Element {
    /// `double`.
    public static var elementType: ElementType { .double }
}

#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    extension Float16: Element {
        /// `float16`.
        public static var elementType: ElementType { .float16 }
    }

#endif
