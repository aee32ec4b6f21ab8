import CCompute
import Glibc

/// Kernels that were compiled for the processor and loaded into this process.
package final class CPUProgram: CompiledProgram, @unchecked Sendable {
    package let signatures: [KernelSignature]
    /// The object's file.
    package let path: String
    /// How it was compiled.
    package let mode: KernelSource.Mode
    private let templates: [String]
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

    package func kernel(named name: String) throws(ComputeError) -> any CompiledKernel {
        if let index = signatures.firstIndex(where: { $0.name == name }) {
            return CPUKernel(signature: signatures[index], table: module.pointee.kernels + index, program: self)
        }
        if templates.contains(name) {
            throw ComputeError(
                .noKernel, "\(file): '\(name)' is a template: write a __global__ function that calls it with types.")
        }
        let names = signatures.map(\.name).joined(separator: ", ")
        throw ComputeError(.noKernel, "\(file) has no kernel '\(name)'; it has \(names).")
    }
}

/// One kernel of an object.
package final class CPUKernel: CompiledKernel, @unchecked Sendable {
    package let signature: KernelSignature
    package let table: UnsafePointer<steward_kernel>
    /// Keeps the object loaded.
    package let program: CPUProgram

    init(signature: KernelSignature, table: UnsafePointer<steward_kernel>, program: CPUProgram) {
        self.signature = signature
        self.table = table
        self.program = program
    }
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

    /// The variable's name in the source.
    package var name: String {
        guard symbol.hasPrefix("_Z") else { return symbol }
        var rest = symbol[...]
        var last = symbol
        while let digit = rest.firstIndex(where: \.isNumber) {
            let digits = rest[digit...].prefix(while: \.isNumber)
            let after = rest[digits.endIndex...]
            guard let length = Int(digits), length > 0, length <= after.count else { break }
            if after.prefix(length).allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
                last = String(after.prefix(length))
            }
            rest = after.dropFirst(length)
        }
        return last
    }

    /// Whether it is the shim's own.
    package var isOwn: Bool {
        ["steward_anchor", "threadIdx", "blockIdx", "blockDim", "gridDim"].contains(name)
    }

    /// Whether the function of this name declares it.
    package func belongs(to function: String) -> Bool {
        symbol.hasPrefix("_ZZ") && symbol.contains("\(function.utf8.count)\(function)")
    }
}

extension KernelSignature {
    /// With the types and sizes that the compiler found, where the source's words didn't tell.
    func refined(
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
        let others = all.filter { $0.name != name }
        result.staticShared =
            shared.filter { variable in
                !variable.isOwn
                    && (variable.belongs(to: name) || !others.contains { variable.belongs(to: $0.name) })
            }.reduce(0) { $0 + $1.size }
        return result
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
