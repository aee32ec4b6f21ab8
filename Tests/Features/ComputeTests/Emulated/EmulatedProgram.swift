import CCompute
import Foundation
import StewardCompute

/// A compiled object of the emulated processor, in the place of one that is loaded into this process.
final class EmulatedProgram: CompiledProgram {
    let signatures: [KernelSignature]
    let templates: [KernelTemplate]
    private let path: String
    private let file: String
    private let mode: KernelSource.Mode
    private let emulator: Emulator

    init(_ product: KernelBuild.Product, source: KernelSource, emulator: Emulator) throws {
        let facts = try emulator.run(["describe", product.path])
        guard facts.status == 0 else { throw EmulatorFailure(description: facts.complaint) }
        let tables = Self.tables(facts.text)
        guard tables.count == product.signatures.count else {
            throw EmulatorFailure(description: "the object has \(tables.count) kernels")
        }
        let shared = SharedVariable.all(in: product.path)
        signatures = zip(product.signatures, tables).map { signature, parameters in
            parameters.withUnsafeBufferPointer { parameters in
                var table = steward_kernel()
                table.parameter_count = UInt32(parameters.count)
                table.parameters = parameters.baseAddress
                return signature.refined(by: table, shared: shared, all: product.signatures)
            }
        }
        (templates, path, file, mode) = (product.templates, product.path, source.file, source.mode)
        self.emulator = emulator
    }

    /// The parameters of each kernel, from lines `kernel NAME` and `parameter TYPE SIZE ALIGNMENT`.
    private static func tables(_ text: String) -> [[steward_parameter]] {
        var tables: [[steward_parameter]] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words[0] == "kernel" {
                tables.append([])
            } else if let type = UInt32(words[1]), let size = UInt32(words[2]), let alignment = UInt32(words[3]) {
                tables[tables.count - 1].append(steward_parameter(type: type, size: size, alignment: alignment))
            }
        }
        return tables
    }

    func kernel(named name: String) throws(ComputeError) -> any CompiledKernel {
        guard let signature = signatures.first(where: { $0.isCalled(name) }) else { throw noKernel(name, file: file) }
        return EmulatedKernel(signature: signature, object: path, isChecked: mode == .check, emulator: emulator)
    }
}

/// A kernel of such an object; each launch is a process of its own.
final class EmulatedKernel: CPURunnable {
    let signature: KernelSignature
    private let object: String
    private let isChecked: Bool
    private let emulator: Emulator

    init(signature: KernelSignature, object: String, isChecked: Bool, emulator: Emulator) {
        (self.signature, self.object, self.isChecked, self.emulator) = (signature, object, isChecked, emulator)
    }

    func run(_ shape: LaunchShape, _ arguments: ArgumentList, stop: LaunchStop) throws(ComputeError) {
        _ = try launch(shape, arguments)
    }

    /// What it printed; in check mode, the accesses too.
    func launch(_ shape: LaunchShape, _ arguments: ArgumentList) throws(ComputeError) -> String {
        let result: EmulatedRun
        do { result = try start(shape, arguments) } catch { throw ComputeError(.unsupported, "\(error)") }
        result.output.withUnsafeBytes { KernelOutput.current.write($0) }
        guard result.status != 0 else { return result.text }
        throw ComputeError(result.status == 3 ? .kernelFault : .unsupported, result.complaint)
    }

    private func start(_ shape: LaunchShape, _ arguments: ArgumentList) throws -> EmulatedRun {
        let files = try arguments.kept.map { try emulator.file(Self.cells(of: $0)) }
        defer { files.forEach { unlink($0) } }
        let job = try emulator.file(lines(shape, arguments, files).joined(separator: "\n").utf8)
        defer { unlink(job) }
        // malloc fills what it hands out, so that the loader's first allocation of a thread's memory leaves its marks.
        let result = try emulator.run(["launch", job], environment: ["MALLOC_PERTURB_": "165"])
        for (allocation, path) in zip(arguments.kept, files) {
            let cells = try Data(contentsOf: URL(fileURLWithPath: path))
            Self.cells(of: allocation).copyBytes(from: cells.prefix(allocation.byteCount))
        }
        return result
    }

    private static func cells(of allocation: any DeviceAllocation) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: UInt(allocation.address)), count: max(1, allocation.byteCount))
    }

    /// What `Tests/Support/KernelHost/launch.c` reads.
    private func lines(_ shape: LaunchShape, _ arguments: ArgumentList, _ files: [String]) -> [String] {
        let (grid, block) = (shape.grid, shape.block)
        var lines = [
            "object \(object)", "kernel \(signature.name)", "grid \(grid.x) \(grid.y) \(grid.z)",
            "block \(block.x) \(block.y) \(block.z)", "shared \(shape.shared)", "threads 3",
            "strict \(isChecked ? 1 : 0)",
        ]
        for (allocation, path) in zip(arguments.kept, files) {
            lines.append("memory \(max(1, allocation.byteCount)) \(path)")
        }
        for index in 0..<arguments.count {
            let bytes = arguments.bytes(of: index)
            lines.append(Self.pointer(bytes, into: arguments.kept) ?? "value \(Self.hex(bytes))")
        }
        return lines
    }

    private static func pointer(_ bytes: ArraySlice<UInt8>, into memories: [any DeviceAllocation]) -> String? {
        guard bytes.count == 8 else { return nil }
        let address = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let found = memories.firstIndex {
            ($0.address...($0.address + UInt64($0.byteCount))).contains(address)
        }
        return found.map { "pointer \($0) \(address - memories[$0].address)" }
    }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
