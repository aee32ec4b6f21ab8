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
        list.keep(allocation, on: device)
    }
}

/// The arguments of one launch as bytes, each aligned to its size, with the memory that must live until it has run.
public struct ArgumentList: Sendable {
    /// Every argument, one after the other.
    private var bytes: [UInt8] = []
    /// Where each begins in `bytes`.
    private var offsets: [Int] = []
    /// Allocations that the arguments point into.
    package private(set) var kept: [any DeviceAllocation] = []

    /// What the launch is for; nil where nobody asks.
    private let device: Device?
    /// The first buffer of another device: the argument's number, from 1, and where it lies.
    package private(set) var stranger: (argument: Int, device: Device)?

    /// How many arguments there are.
    package var count: Int { offsets.count }

    /// The bytes of one argument, and what is between it and the next.
    package func bytes(of index: Int) -> ArraySlice<UInt8> {
        bytes[offsets[index]..<(index + 1 < offsets.count ? offsets[index + 1] : bytes.count)]
    }

    /// - Parameter capacity: arguments that are to come; more cost memory to be asked for again.
    package init(capacity: Int = 4, for device: Device? = nil) {
        self.device = device
        bytes.reserveCapacity(8 * capacity)
        offsets.reserveCapacity(capacity)
        kept.reserveCapacity(capacity)
    }

    /// Adds a plain value.
    package mutating func append<Value: BitwiseCopyable>(bytesOf value: Value) {
        let alignment = max(1, MemoryLayout<Value>.alignment)
        while bytes.count % alignment != 0 { bytes.append(0) }
        offsets.append(bytes.count)
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Keeps an allocation alive for as long as the list.
    package mutating func keep(_ allocation: any DeviceAllocation) { kept.append(allocation) }

    /// Keeps the memory of a buffer that was added last.
    mutating func keep(_ allocation: any DeviceAllocation, on device: Device) {
        keep(allocation)
        if let own = self.device, own.backend !== device.backend, stranger == nil { stranger = (count, device) }
    }

    /// Calls `body` with one pointer for each argument: what `cuLaunchKernel` takes as `kernelParams`. What is written
    /// there is lost.
    package func withPointers<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<UnsafeMutableRawPointer?>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // An array's cells are aligned to 16 bytes, no plain value to more.
        try bytes.withUnsafeBufferPointer { (cells) throws(Failure) -> Result in
            let start = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(cells.baseAddress))
            var outcome: Swift.Result<Result, Failure>?
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: offsets.count + 1) { pointers in
                for index in 0...offsets.count {
                    pointers.initializeElement(
                        at: index, to: index < offsets.count ? start.map { $0 + offsets[index] } : nil)
                }
                let list = pointers.baseAddress!
                do throws(Failure) { outcome = .success(try body(list)) } catch { outcome = .failure(error) }
            }
            return try outcome!.get()
        }
    }
}
