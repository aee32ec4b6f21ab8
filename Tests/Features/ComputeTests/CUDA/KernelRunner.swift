import Glibc
import StewardCompute

/// Runs the stand-in's kernels on the processor.
enum KernelRunner {
    /// `struct standin_runner`.
    struct Table {
        var context: UnsafeMutableRawPointer?
        var load:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>,
                UnsafePointer<CChar>, UnsafeMutablePointer<CChar>, Int
            ) -> UnsafeMutableRawPointer?
        var kernel:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutableRawPointer, UnsafePointer<CChar>, UnsafeMutablePointer<Int>,
                Int32
            ) -> Int32
        var launch:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutableRawPointer, UnsafePointer<CChar>, UnsafePointer<UInt32>,
                UnsafePointer<UInt32>, UInt32, UnsafeMutablePointer<UnsafeMutableRawPointer>
            ) -> Int32
        var unload: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer) -> Void
    }

    static var table: Table {
        Table(
            context: nil,
            load: { _, source, file, definitions, names, error, size in
                do throws(ComputeError) {
                    let source = KernelSource(
                        String(cString: source), file: String(cString: file),
                        defines: LoadedProgram.defines(String(cString: definitions)),
                        instantiations: String(cString: names).split(separator: "\n").map(String.init))
                    return Unmanaged.passRetained(try LoadedProgram(source)).toOpaque()
                } catch let failure {
                    strncpy(error, failure.description, size - 1)
                    return nil
                }
            },
            kernel: { _, program, name, sizes, capacity in
                let loaded = Unmanaged<LoadedProgram>.fromOpaque(program).takeUnretainedValue()
                guard let found = loaded.sizes(of: String(cString: name)), found.count <= capacity else { return -1 }
                for (index, size) in found.enumerated() { sizes[index] = size }
                return Int32(found.count)
            },
            launch: { _, program, name, grid, block, shared, arguments in
                let loaded = Unmanaged<LoadedProgram>.fromOpaque(program).takeUnretainedValue()
                let shape = LaunchShape(
                    grid: Dim3(Int(grid[0]), Int(grid[1]), Int(grid[2])),
                    block: Dim3(Int(block[0]), Int(block[1]), Int(block[2])), shared: Int(shared))
                return loaded.run(String(cString: name), shape, arguments)
            },
            unload: { _, program in Unmanaged<LoadedProgram>.fromOpaque(program).release() })
    }
}

/// A program in the stand-in's context: the processor's translation of the same source.
final class LoadedProgram: Sendable {
    private let program: any CompiledProgram

    init(_ source: KernelSource) throws(ComputeError) { program = try CPUBackend.shared.compile(source) }

    static func defines(_ lines: String) -> [String: String] {
        var defines: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            defines[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return defines
    }

    func sizes(of kernel: String) -> [Int]? {
        program.signatures.first { $0.name == Self.name(kernel) }?.parameters.map(\.size)
    }

    /// Compiled names have the namespaces, the processor's kernels that are no templates don't.
    private static func name(_ lowered: String) -> String {
        lowered.contains("<") ? lowered : lowered.split(separator: ":").last.map(String.init) ?? lowered
    }

    /// 0, or the code that the launch ends with.
    func run(
        _ name: String, _ shape: LaunchShape, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
    ) -> Int32 {
        let illegalAddress: Int32 = 700
        do throws(ComputeError) {
            let kernel = try program.kernel(named: Self.name(name))
            var list = ArgumentList()
            for (index, parameter) in kernel.signature.parameters.enumerated() {
                parameter.append(from: arguments[index], to: &list)
            }
            let stream = try CPUBackend.shared.makeStream()
            try stream.launch(kernel, shape, list)
            try stream.synchronize()
            return 0
        } catch {
            print("stand-in driver: \(error)")
            return illegalAddress
        }
    }
}

extension KernelSignature.Parameter {
    fileprivate var size: Int {
        switch type {
        case .pointer: 8
        case .scalar(let element): element.size
        case .other(_, let size): size == 0 ? 8 : size
        }
    }

    fileprivate func append(from address: UnsafeMutableRawPointer, to list: inout ArgumentList) {
        switch size {
        case 1: list.append(bytesOf: address.load(as: UInt8.self))
        case 2: list.append(bytesOf: address.load(as: UInt16.self))
        case 4: list.append(bytesOf: address.load(as: UInt32.self))
        default: list.append(bytesOf: address.load(as: UInt64.self))
        }
    }
}
