import Foundation
import StewardAPI
import StewardCompute

/// The arguments of a launch in a device's memory.
struct KernelBuffers {
    /// What the launch is handed.
    private(set) var list = ArgumentList()
    /// Bytes of all buffers.
    private(set) var byteCount = 0
    private var buffers: [Held] = []
    private let device: Device

    private struct Held {
        let name: String
        let cells: LaunchArgument.Cells
        let allocation: any DeviceAllocation
        /// The first contents, kept where the kernel may change them.
        let contents: [UInt8]?
    }

    /// Allocates and fills every buffer.
    init(_ arguments: [LaunchArgument], of kernel: KernelSignature, on device: Device) throws {
        self.device = device
        for (argument, parameter) in zip(arguments, kernel.parameters) {
            switch argument.content {
            case .scalar(let number, let element):
                guard let bits = number.bits(as: element) else {
                    throw ComputeError(.arguments, "\(argument.name): \(number) is no \(element.rawValue).")
                }
                append(bits, size: element.size)
            case .buffer(let cells): try hold(cells, argument.name, isConstant: parameter.isConstant)
            }
        }
    }

    private mutating func append(_ bits: UInt64, size: Int) {
        switch size {
        case 1: list.append(bytesOf: UInt8(truncatingIfNeeded: bits))
        case 2: list.append(bytesOf: UInt16(truncatingIfNeeded: bits))
        case 4: list.append(bytesOf: UInt32(truncatingIfNeeded: bits))
        default: list.append(bytesOf: bits)
        }
    }

    private mutating func hold(_ cells: LaunchArgument.Cells, _ name: String, isConstant: Bool) throws {
        var contents = [UInt8](repeating: 0, count: cells.byteCount)
        var failure: ComputeError?
        contents.withUnsafeMutableBytes { bytes in
            do throws(ComputeError) { try cells.fill(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        let allocation = try device.backend.allocate(byteCount: max(1, cells.byteCount))
        let held = Held(name: name, cells: cells, allocation: allocation, contents: isConstant ? nil : contents)
        try write(contents, to: allocation)
        buffers.append(held)
        byteCount += cells.byteCount
        list.append(bytesOf: allocation.address)
        list.keep(allocation)
    }

    private func write(_ contents: [UInt8], to allocation: any DeviceAllocation) throws {
        guard !contents.isEmpty else { return }
        let stream = device.defaultStream.backend
        try contents.withUnsafeBytesTyped { (bytes) throws(ComputeError) in
            try stream.copyToDevice(
                bytes.baseAddress, to: allocation.address, byteCount: bytes.count, keeping: allocation)
            try stream.synchronize()
        }
    }

    /// Gives every buffer that the kernel may have changed its first contents again.
    func restore() throws {
        for held in buffers {
            if let contents = held.contents { try write(contents, to: held.allocation) }
        }
    }

    /// The first `cells` of every buffer that the kernel may write to; whole ones go to `files`.
    func outputs(cells: Int, files: [String: String]) throws -> [ComputeOutput] {
        let changeable = buffers.filter { $0.contents != nil }
        for name in files.keys.sorted() where !changeable.contains(where: { $0.name == name }) {
            throw ComputeError(
                .arguments,
                "The kernel writes to no parameter '\(name)': it may write to "
                    + (changeable.isEmpty ? "none." : changeable.map(\.name).joined(separator: ", ") + "."))
        }
        return try changeable.map { held in
            let file = files[held.name]
            let count = file == nil ? min(cells, held.cells.count) : held.cells.count
            let bytes = try read(held, count: count)
            if let file { try OutputFile(path: file).write(bytes, held.cells.element, count: count) }
            return ComputeOutput(
                name: held.name, type: held.cells.element.rawValue, count: held.cells.count,
                cells: (0..<min(cells, count)).map { CellText.text(bytes, held.cells.element, at: $0) }, file: file)
        }
    }

    private func read(_ held: Held, count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        let size = count * held.cells.element.size
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { target.deallocate() }
        let stream = device.defaultStream.backend
        try stream.copyToHost(
            from: held.allocation.address, target.baseAddress, byteCount: size, keeping: held.allocation)
        try stream.synchronize()
        return Array(target)
    }
}
