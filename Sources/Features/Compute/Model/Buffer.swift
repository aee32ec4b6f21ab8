/// Cells of one type in a device's memory. Freed with the last reference; work that was queued with it keeps it alive.
///
/// Reads and writes are ordered by the stream that they are queued on, as on a GPU: two streams that touch one buffer
/// need an ``Event`` between them.
public final class Buffer<Value: Element>: Sendable {
    package let allocation: any DeviceAllocation
    /// Where it lies.
    public let device: Device
    /// Cells.
    public let count: Int
    /// Where the first cell lies, in the device's address space.
    package var address: UInt64 { allocation.address }

    /// Uninitialised cells.
    /// - Throws: ``ComputeError/Code/outOfMemory`` with what was asked for and what is free.
    public init(_ count: Int, on device: Device) throws(ComputeError) {
        precondition(count >= 0, "a buffer has no negative size")
        self.count = count
        self.device = device
        allocation = try device.backend.allocate(byteCount: try Self.bytes(count))
    }

    /// A copy of `values`.
    public convenience init(_ values: [Value], on device: Device) throws(ComputeError) {
        try self.init(values.count, on: device)
        try write(values)
    }

    /// Copies `values` to the front; returns when the copy is done.
    /// - Throws: ``ComputeError/Code/bounds`` when there are more values than cells.
    public func write(_ values: [Value], at offset: Int = 0, stream: Stream? = nil) throws(ComputeError) {
        try checkRange(offset, values.count)
        let stream = stream ?? device.defaultStream
        try stream.check(self)
        try values.withUnsafeBytesTyped { (bytes) throws(ComputeError) in
            try stream.backend.copyToDevice(
                bytes.baseAddress, to: address + UInt64(offset * MemoryLayout<Value>.stride), byteCount: bytes.count,
                keeping: allocation)
            try stream.backend.synchronize()
        }
    }

    /// Copies the cells back; returns when everything queued before on the stream, and the copy, is done.
    public func read(_ range: Range<Int>? = nil, stream: Stream? = nil) throws(ComputeError) -> [Value] {
        let range = range ?? 0..<count
        try checkRange(range.lowerBound, range.count)
        let stream = stream ?? device.defaultStream
        try stream.check(self)
        let storage = UnsafeMutableBufferPointer<Value>.allocate(capacity: range.count)
        defer { storage.deallocate() }
        try stream.backend.copyToHost(
            from: address + UInt64(range.lowerBound * MemoryLayout<Value>.stride), storage.baseAddress,
            byteCount: range.count * MemoryLayout<Value>.stride, keeping: allocation)
        try stream.backend.synchronize()
        return Array(storage)
    }

    /// Sets every byte of every cell, in the stream's order.
    public func fill(byte: UInt8, stream: Stream? = nil) throws(ComputeError) {
        let stream = stream ?? device.defaultStream
        try stream.check(self)
        try stream.backend.fill(
            address, byte: byte, byteCount: count * MemoryLayout<Value>.stride, keeping: allocation)
    }

    /// Bytes of so many cells, at least one.
    static func bytes(_ count: Int) throws(ComputeError) -> Int {
        let (bytes, isTooMuch) = max(1, count).multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        guard !isTooMuch else {
            throw ComputeError(
                .outOfMemory,
                "\(count) cells of \(MemoryLayout<Value>.stride) bytes are more than any memory: ask for less.")
        }
        return bytes
    }

    private func checkRange(_ offset: Int, _ length: Int) throws(ComputeError) {
        guard offset >= 0, length >= 0, offset + length <= count else {
            throw ComputeError(
                .bounds, "Cells \(offset)..<\(offset + length) of a buffer that has \(count): shorten the range.")
        }
    }
}

extension Array where Element: BitwiseCopyable {
    /// `withUnsafeBytes` with a typed error.
    package func withUnsafeBytesTyped<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = withUnsafeBytes { bytes -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}

/// Page-locked memory of the host that copies can run from while the program goes on.
public final class HostBuffer<Value: Element>: @unchecked Sendable {
    package let allocation: any DeviceAllocation
    /// Cells.
    public let count: Int

    /// Uninitialised cells that `device` can copy from and to.
    public init(_ count: Int, for device: Device) throws(ComputeError) {
        self.count = count
        allocation = try device.backend.allocateHost(byteCount: try Buffer<Value>.bytes(count))
    }

    /// The cells, valid while `self` lives.
    public var cells: UnsafeMutableBufferPointer<Value> {
        let pointer = UnsafeMutableRawPointer(bitPattern: UInt(allocation.address))!
        return UnsafeMutableBufferPointer(start: pointer.assumingMemoryBound(to: Value.self), count: count)
    }
}
