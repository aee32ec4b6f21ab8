/// Described arguments in the memory of a device, ready for a launch; the cells can be looked at afterwards.
public final class PreparedArguments: Sendable {
    /// In the order of the kernel's parameters.
    public let arguments: [LaunchArgument]
    private let device: Device
    private let allocations: [String: any DeviceAllocation]
    /// What the launch is handed.
    package let list: ArgumentList

    /// Allocates the buffers and fills them.
    /// - Throws: ``ComputeError/Code/outOfMemory``, or ``ComputeError/Code/arguments`` for a file that can't be read.
    public init(_ arguments: [LaunchArgument], on device: Device) throws(ComputeError) {
        var allocations: [String: any DeviceAllocation] = [:]
        var list = ArgumentList()
        for argument in arguments {
            switch argument.content {
            case .scalar(let number, let element):
                list.append(number, as: element)
            case .buffer(let cells):
                let allocation = try Self.upload(cells, argument.name, to: device)
                allocations[argument.name] = allocation
                list.append(bytesOf: allocation.address)
                list.keep(allocation)
            }
        }
        (self.arguments, self.device, self.allocations, self.list) = (arguments, device, allocations, list)
    }

    /// Queues one launch of a kernel of `program` with these arguments.
    /// - Throws: ``ComputeError/Code/arguments`` where the kernel takes others, ``ComputeError/Code/launchShape``.
    public func launch(
        _ name: String, of program: Program, shape: LaunchShape, stream: Stream? = nil
    ) throws(ComputeError) {
        let kernel = try program.compiled.kernel(named: name)
        try kernel.signature.check(arguments.map(\.parameterType), file: program.source.file)
        try shape.check(against: device.info, kernel: kernel.signature)
        try (stream ?? device.defaultStream).backend.launch(kernel, shape, list)
    }

    /// The first cells of a buffer, at most `limit`, after everything queued on the default stream is done.
    /// - Throws: the first error of that work.
    public func cells(of name: String, limit: Int = .max) throws(ComputeError) -> [LaunchArgument.Number] {
        guard let allocation = allocations[name], let cells = buffer(name) else { return [] }
        let count = min(limit, cells.count)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, count * cells.element.size), alignment: 16)
        defer { memory.deallocate() }
        let stream = device.defaultStream.backend
        try stream.copyToHost(
            from: allocation.address, memory.baseAddress, byteCount: count * cells.element.size, keeping: allocation)
        try stream.synchronize()
        return (0..<count).map { .init(cells.element, at: memory.baseAddress! + $0 * cells.element.size) }
    }

    private func buffer(_ name: String) -> LaunchArgument.Cells? {
        for argument in arguments where argument.name == name {
            if case .buffer(let cells) = argument.content { return cells }
        }
        return nil
    }

    private static func upload(
        _ cells: LaunchArgument.Cells, _ name: String, to device: Device
    ) throws(ComputeError) -> any DeviceAllocation {
        let allocation = try device.backend.allocate(byteCount: max(1, cells.checkedByteCount(name)))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, cells.byteCount), alignment: 16)
        defer { memory.deallocate() }
        try cells.fill(memory)
        let stream = device.defaultStream.backend
        try stream.copyToDevice(
            memory.baseAddress, to: allocation.address, byteCount: cells.byteCount, keeping: allocation)
        try stream.synchronize()
        return allocation
    }
}

extension ArgumentList {
    /// Adds a number as a value of this type.
    package mutating func append(_ number: LaunchArgument.Number, as element: ElementType) {
        let bits = number.bits(as: element) ?? 0
        switch element.size {
        case 1: append(bytesOf: UInt8(truncatingIfNeeded: bits))
        case 2: append(bytesOf: UInt16(truncatingIfNeeded: bits))
        case 4: append(bytesOf: UInt32(truncatingIfNeeded: bits))
        default: append(bytesOf: bits)
        }
    }
}
