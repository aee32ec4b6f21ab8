import StewardCompute

/// A run of cells in a device's memory, with the allocation that they lie in. Kernels take it as a pointer.
package struct Cells<Value: Element>: KernelArgument {
    package let allocation: any DeviceAllocation
    package let address: UInt64
    package let count: Int

    package init(_ count: Int, on device: Device) throws(ComputeError) {
        allocation = try device.backend.allocate(byteCount: max(1, count) * MemoryLayout<Value>.stride)
        address = allocation.address
        self.count = count
    }

    private init(_ allocation: any DeviceAllocation, _ address: UInt64, _ count: Int) {
        self.allocation = allocation
        self.address = address
        self.count = count
    }

    package static var parameterType: ParameterType { .pointer(Value.elementType) }

    package func append(to list: inout ArgumentList) {
        list.append(bytesOf: address)
        list.keep(allocation)
    }

    /// `length` of the cells from `offset` on.
    package func part(_ offset: Int, _ length: Int) -> Cells {
        precondition(offset >= 0 && length >= 0 && offset + length <= count, "the part lies outside")
        return Cells(allocation, address + UInt64(offset * MemoryLayout<Value>.stride), length)
    }

    /// The same bytes as cells of another type of the same size.
    package func reinterpreted<Other: Element>(as other: Other.Type) -> Cells<Other> {
        precondition(MemoryLayout<Other>.stride == MemoryLayout<Value>.stride)
        return Cells<Other>(allocation, address, count)
    }

    /// Where the cells lie, on the processor.
    package var pointer: UnsafeMutablePointer<Value> { UnsafeMutablePointer(bitPattern: UInt(address))! }
}
