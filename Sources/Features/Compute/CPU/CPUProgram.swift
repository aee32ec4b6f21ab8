import CCompute
import Glibc

/// Kernels that were compiled for the processor and loaded into this process.
package final class CPUProgram: CompiledProgram, @unchecked Sendable {
    package let signatures: [KernelSignature]
    /// The object's file.
    package let path: String
    /// How it was compiled.
    package let mode: KernelSource.Mode
    package let templates: [KernelTemplate]
    private let file: String
    private let handle: UnsafeMutableRawPointer
    package let module: UnsafePointer<steward_module>

    /// Opens the object. What it finds there of types and shared memory, the compiler's word, is put into the signatures.
    package init(_ product: KernelBuild.Product, source: KernelSource) throws(ComputeError) {
        guard let handle = dlopen(product.path, RTLD_NOW | RTLD_LOCAL) else {
            throw ComputeError(
                .compilation, "The compiled \(source.file) can't be loaded: \(String(cString: dlerror()))")
        }
        guard let symbol = dlsym(handle, "steward_module") else {
            dlclose(handle)
            throw ComputeError(.compilation, "\(product.path) is no object of kernels: remove it.")
        }
        let module = UnsafePointer(symbol.assumingMemoryBound(to: steward_module.self))
        guard module.pointee.interface == UInt32(STEWARD_KERNEL_INTERFACE),
            Int(module.pointee.kernel_count) == product.signatures.count
        else {
            dlclose(handle)
            throw ComputeError(.compilation, "\(product.path) has another interface: remove it.")
        }
        steward_connect(module)
        self.handle = handle
        self.module = module
        (path, templates, file, mode) = (product.path, product.templates, source.file, source.mode)
        let shared = SharedVariable.all(in: product.path)
        signatures = product.signatures.enumerated().map { index, signature in
            signature.refined(by: module.pointee.kernels[index], shared: shared, all: product.signatures)
        }
    }

    deinit { dlclose(handle) }

    /// What the object reports in check mode: each access to memory, and entry to and exit from functions. In the thread
    /// that runs the launch; `steward_running_thread()`, `steward_running_epoch()` and `steward_on_fiber_stack(_:)` tell
    /// which of the kernel's threads it is, how many barriers it has passed, and whether an address is its own.
    package func report(
        accesses: (@convention(c) (UnsafeRawPointer?, UInt64, Int32, UnsafeRawPointer?) -> Void)?,
        functions: (@convention(c) (Int32, UnsafeRawPointer?) -> Void)? = nil
    ) {
        module.pointee.host.pointee.access = accesses
        module.pointee.host.pointee.function = functions
    }

    /// Static shared memory of the calling thread: each variable's name, address and size.
    package func sharedVariables() -> [(name: String, symbol: String, range: Range<UInt>)] {
        let all = SharedVariable.all(in: path)
        guard let anchor = all.first(where: { $0.name == "steward_anchor" }) else { return [] }
        let start = UInt(bitPattern: module.pointee.thread_memory()) - UInt(anchor.offset)
        return all.filter { !$0.isOwn }.map { variable in
            let address = start + UInt(variable.offset)
            return (variable.name, variable.symbol, address..<(address + UInt(variable.size)))
        }
    }

    package func kernel(named name: String) throws(ComputeError) -> any CompiledKernel {
        if let index = signatures.firstIndex(where: { $0.isCalled(name) }) {
            return CPUKernel(signature: signatures[index], table: module.pointee.kernels + index, program: self)
        }
        throw noKernel(name, file: file)
    }
}

/// A kernel that a stream of the processor can run.
package protocol CPURunnable: CompiledKernel {
    /// Runs all of a launch.
    /// - Throws: ``ComputeError/Code/kernelFault``, ``ComputeError/Code/deadline``.
    func run(_ shape: LaunchShape, _ arguments: ArgumentList, stop: LaunchStop) throws(ComputeError)
}

/// One kernel of an object.
package final class CPUKernel: CPURunnable, @unchecked Sendable {
    package let signature: KernelSignature
    package let table: UnsafePointer<steward_kernel>
    /// Keeps the object loaded.
    package let program: CPUProgram

    init(signature: KernelSignature, table: UnsafePointer<steward_kernel>, program: CPUProgram) {
        self.signature = signature
        self.table = table
        self.program = program
    }

    package func run(
        _ shape: LaunchShape, _ arguments: ArgumentList, stop: LaunchStop
    ) throws(ComputeError) { try CPULaunch(self, shape, arguments).run(stop: stop) }
}

/// A variable of an object's thread-local memory: static shared memory.
package struct SharedVariable: Hashable, Sendable {
    /// As the linker knows it: `_ZZ6reducePKfPfiE4tile`.
    package var symbol: String
    /// From the start of the object's thread-local memory.
    package var offset: Int
    /// Bytes.
    package var size: Int

    /// Those of an object, the shim's own (`steward_anchor`, `threadIdx`, ...) included.
    package static func all(in path: String) -> [SharedVariable] {
        var found: [SharedVariable] = []
        withUnsafeMutablePointer(to: &found) { list in
            _ = steward_shared_variables(path, list) { context, symbol, offset, size in
                context!.assumingMemoryBound(to: [SharedVariable].self).pointee.append(
                    SharedVariable(symbol: String(cString: symbol!), offset: offset, size: size))
            }
        }
        return found
    }

    /// The variable's name in the source: the last name of the mangled one (Itanium C++ ABI, 5.1), which ends it but for
    /// the number that tells equal names apart.
    package var name: String {
        guard symbol.hasPrefix("_Z") else { return symbol }
        var end = symbol.endIndex
        if let mark = symbol.lastIndex(of: "_"), symbol[mark...].dropFirst().allSatisfy(\.isNumber) { end = mark }
        var rest = symbol[..<symbol.endIndex]
        while let digit = rest.firstIndex(where: \.isNumber) {
            let digits = rest[digit...].prefix(while: \.isNumber)
            let length = Int(digits) ?? 0
            for end in [symbol.endIndex, end] where digits.endIndex < end {
                if symbol[digits.endIndex..<end].count == length { return String(symbol[digits.endIndex..<end]) }
            }
            rest = rest[digits.endIndex...]
        }
        return symbol
    }

    /// Whether it is the shim's own.
    package var isOwn: Bool {
        ["steward_anchor", "threadIdx", "blockIdx", "blockDim", "gridDim"].contains(name)
    }

    /// The mangled name without the variable's own: the same for all variables of one function.
    var scope: Substring {
        symbol.ranges(of: "E\(name.utf8.count)\(name)").last.map { symbol[..<$0.lowerBound] } ?? symbol[...]
    }

    /// Whether the function of this name declares it.
    package func belongs(to function: String) -> Bool {
        let part = "\(function.utf8.count)\(function)"
        if ["_ZZ", "_ZZL"].contains(where: { symbol.hasPrefix($0 + part) }) { return true }
        return symbol.hasPrefix("_ZZN") && symbol.contains(part)
    }
}

extension KernelSignature {
    /// With the types and sizes that the compiler found, where the source's words didn't tell.
    package func refined(
        by table: steward_kernel, shared: [SharedVariable], all: [KernelSignature]
    ) -> KernelSignature {
        var result = self
        for (index, parameter) in parameters.enumerated() where index < Int(table.parameter_count) {
            let found = table.parameters[index]
            guard case .other(let name, _) = parameter.type else { continue }
            let isPointer = found.type & steward_type_pointer.rawValue != 0
            if let element = ElementType(code: found.type & 0xff) {
                result.parameters[index].type = isPointer ? .pointer(element) : .scalar(element)
            } else {
                result.parameters[index].type = .other(name, size: Int(found.size))
            }
        }
        let function = functionName
        let others = Set(all.map(\.functionName)).subtracting([function])
        let own = shared.filter { variable in
            !variable.isOwn && (variable.belongs(to: function) || !others.contains { variable.belongs(to: $0) })
        }
        let isOneOfMany = name.contains("<") && all.count { $0.functionName == function } > 1
        result.staticShared = isOneOfMany ? Self.largest(own, of: function) : own.reduce(0) { $0 + $1.size }
        return result
    }

    /// Of several instances of a template each has variables of its own, and whose they are their names don't tell here: as
    /// much as the largest instance has, and what belongs to none.
    private static func largest(_ variables: [SharedVariable], of function: String) -> Int {
        var sizes: [Substring: Int] = [:]
        var common = 0
        for variable in variables {
            guard variable.belongs(to: function) else {
                common += variable.size
                continue
            }
            sizes[variable.scope, default: 0] += variable.size
        }
        return common + (sizes.values.max() ?? 0)
    }
}

extension ElementType {
    /// From `enum steward_type`.
    init?(code: UInt32) {
        let table: [ElementType?] = [
            nil, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, .float16, .bfloat16, .float, .double,
        ]
        guard code < UInt32(table.count), let element = table[Int(code)] else { return nil }
        self = element
    }
}
