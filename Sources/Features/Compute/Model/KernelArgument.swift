/// The type of one parameter of a kernel, as C has it.
public enum ParameterType: Hashable, Sendable, Codable {
    /// A pointer to cells of this type in the device's memory.
    case pointer(ElementType)
    /// A number passed by value.
    case scalar(ElementType)
    /// Anything else, passed by value: its C type and size in bytes (0 where it isn't known).
    case other(String, size: Int)
}

extension ParameterType: CustomStringConvertible {
    /// `float*`, `int`, or the C type as it stands in the source.
    public var description: String {
        switch self {
        case .pointer(let element): "\(element.rawValue)*"
        case .scalar(let element): element.rawValue
        case .other(let name, _): name
        }
    }
}

/// What a kernel can be given: buffers and numbers. The kinds of the arguments are part of the kernel's Swift type.
public protocol KernelArgument: Sendable {
    /// What it is on the C side.
    static var parameterType: ParameterType { get }
    /// Adds the value to the list that the driver is handed.
    func append(to list: inout ArgumentList)
}

extension KernelArgument where Self: Element {
    /// What it is on the C side.
    public static var parameterType: ParameterType { .scalar(elementType) }
    /// Adds the value to the list that the driver is handed.
    public func append(to list: inout ArgumentList) { list.append(bytesOf: self) }
}

extension Int32: KernelArgument {}
extension UInt32: KernelArgument {}
extension Int64: KernelArgument {}
extension UInt64: KernelArgument {}
extension Float: KernelArgument {}
extension Double: KernelArgument {}
extension Int8: KernelArgument {}
extension UInt8: KernelArgument {}
extension Int16: KernelArgument {}
extension UInt16: KernelArgument {}

extension Buffer: KernelArgument {
    /// What it is on the C side.
    public static var parameterType: ParameterType { .pointer(Value.elementType) }
    /// Adds the value to the list that the driver is handed.
    public func append(to list: inout ArgumentList) {
        list.append(bytesOf: address)
        list.keep(allocation)
    }
}

/// The arguments of one launch as bytes, each aligned to its size, with the memory that must live until it has run.
public struct ArgumentList: Sendable {
    /// Every argument, one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Where each begins in `bytes`.
    package private(set) var offsets: [Int] = []
    /// How long each is.
    package private(set) var sizes: [Int] = []
    /// Allocations that the arguments point into.
    package private(set) var kept: [any DeviceAllocation] = []

    package init() {}

    /// Adds a plain value.
    package mutating func append<Value: BitwiseCopyable>(bytesOf value: Value) {
        let alignment = max(1, MemoryLayout<Value>.alignment)
        bytes += Array(repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
        offsets.append(bytes.count)
        sizes.append(MemoryLayout<Value>.size)
        withUnsafeBytes(of: value) { bytes += Array($0) }
    }

    /// Keeps an allocation alive for as long as the list.
    package mutating func keep(_ allocation: any DeviceAllocation) { kept.append(allocation) }

    /// Calls `body` with one pointer for each argument: what `cuLaunchKernel` takes as `kernelParams`.
    package func withPointers<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<UnsafeMutableRawPointer?>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
        let pointers = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: offsets.count + 1)
        defer {
            storage.deallocate()
            pointers.deallocate()
        }
        storage.copyBytes(from: bytes)
        for (index, offset) in offsets.enumerated() {
            (pointers + index).initialize(to: storage.baseAddress! + offset)
        }
        (pointers + offsets.count).initialize(to: nil)
        return try body(pointers)
    }
}
