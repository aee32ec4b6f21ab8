/// What a kind of device must do; the processor and CUDA are the two.
package protocol Backend: AnyObject, Sendable {
    var info: DeviceInfo { get }
    /// Memory of the device, at least 64-byte aligned; freed when the last reference goes.
    func allocate(byteCount: Int) throws(ComputeError) -> any DeviceAllocation
    /// Page-locked memory of the host; its address is the host's.
    func allocateHost(byteCount: Int) throws(ComputeError) -> any DeviceAllocation
    func compile(_ source: KernelSource) throws(ComputeError) -> any CompiledProgram
    func makeStream() throws(ComputeError) -> any BackendStream
    var defaultStream: any BackendStream { get }
    func synchronize() throws(ComputeError)
}

/// A piece of memory; `deinit` gives it back.
package protocol DeviceAllocation: AnyObject, Sendable {
    var address: UInt64 { get }
    var byteCount: Int { get }
}

package protocol CompiledProgram: AnyObject, Sendable {
    var signatures: [KernelSignature] { get }
    /// Kernels that are templates, as they are declared.
    var templates: [KernelTemplate] { get }
    /// - Throws: ``ComputeError/Code/noKernel`` with the names there are.
    func kernel(named name: String) throws(ComputeError) -> any CompiledKernel
}

package protocol CompiledKernel: AnyObject, Sendable {
    var signature: KernelSignature { get }
}

/// Work in order. Calls queue and return; errors of the work itself come at the next `synchronize`.
package protocol BackendStream: AnyObject, Sendable {
    func launch(
        _ kernel: any CompiledKernel, _ shape: LaunchShape, _ arguments: ArgumentList
    ) throws(ComputeError)
    func copyToDevice(
        _ source: UnsafeRawPointer?, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError)
    func copyToHost(
        from source: UInt64, _ target: UnsafeMutableRawPointer?, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError)
    func copyOnDevice(
        from source: UInt64, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError)
    func fill(
        _ target: UInt64, byte: UInt8, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError)
    /// The memory that `product` names must live until the stream has run it: what is in `keeping` does.
    func multiply(_ product: MatrixProduct, keeping: any DeviceAllocation...) throws(ComputeError)
    func record() throws(ComputeError) -> any BackendEvent
    func wait(for event: any BackendEvent) throws(ComputeError)
    func synchronize() throws(ComputeError)
    func beginCapture() throws(ComputeError)
    func endCapture() throws(ComputeError) -> any BackendGraph
}

package protocol BackendEvent: AnyObject, Sendable {
    var isDone: Bool { get }
    func synchronize() throws(ComputeError)
    func seconds(since earlier: any BackendEvent) throws(ComputeError) -> Double
}

package protocol BackendGraph: AnyObject, Sendable {
    func launch(on stream: any BackendStream) throws(ComputeError)
}

extension CompiledProgram {
    /// What there is instead of a kernel of that name.
    package func noKernel(_ name: String, file: String) -> ComputeError {
        if let template = templates.first(where: { $0.name == name || $0.function.qualifiedName == name }) {
            return ComputeError(
                .noKernel,
                "\(file):\(template.function.line): the kernel '\(name)' is a template, \(template): name it with its arguments, as in "
                    + "\(template.example).")
        }
        let names = signatures.map(\.name) + templates.map(\.description)
        return ComputeError(
            .noKernel,
            "\(file) has no kernel '\(name)'; it has \(names.isEmpty ? "none" : names.joined(separator: ", ")).")
    }
}
