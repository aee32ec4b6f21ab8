/// What the source says of one kernel: its name and parameters.
public struct KernelSignature: Hashable, Sendable, Codable {
    /// One parameter of a kernel.
    public struct Parameter: Hashable, Sendable, Codable {
        /// Empty where the source gives none.
        public var name: String
        /// Its type, as C has it.
        public var type: ParameterType
        /// Whether what it points to is `const`.
        public var isConstant: Bool

        /// One parameter.
        public init(name: String, type: ParameterType, isConstant: Bool) {
            self.name = name
            self.type = type
            self.isConstant = isConstant
        }
    }

    /// The kernel's name in the source.
    public var name: String
    /// In the source's order.
    public var parameters: [Parameter]
    /// The line of its definition in the source, from 1.
    public var line: Int
    /// Bytes of static shared memory a block, where the compiler said so.
    public var staticShared: Int

    /// One kernel as its source has it.
    public init(name: String, parameters: [Parameter], line: Int, staticShared: Int = 0) {
        self.name = name
        self.parameters = parameters
        self.line = line
        self.staticShared = staticShared
    }

    /// Compares what is given with what the kernel takes.
    /// - Throws: ``ComputeError/Code/arguments`` for another count, a pointer where a number is due, another width.
    package func check(_ given: [ParameterType], file: String) throws(ComputeError) {
        guard given.count == parameters.count else {
            throw ComputeError(
                .arguments,
                "\(file):\(line): \(self) takes \(parameters.count) arguments; \(given.count) are given.")
        }
        for (index, pair) in zip(parameters, given).enumerated() where !pair.0.accepts(pair.1) {
            throw ComputeError(
                .arguments,
                "\(file):\(line): argument \(index + 1) of \(self) is \(pair.0.type) \(pair.0.name); "
                    + "\(pair.1) is given.")
        }
    }
}

extension KernelSignature.Parameter {
    /// Whether a value of this type may be passed: the same kind and, where the C type is known, the same element.
    package func accepts(_ given: ParameterType) -> Bool {
        switch (type, given) {
        case (.other(_, let size), .scalar(let element)): size == 0 || size == element.size
        case (.other(_, let size), .pointer): size == 0 || size == 8
        default: type == given
        }
    }
}

extension KernelSignature: CustomStringConvertible {
    /// `saxpy(float a, const float* x, float* y, int n)`.
    public var description: String {
        let list = parameters.map { "\($0.isConstant ? "const " : "")\($0.type) \($0.name)" }
        return "\(name)(\(list.joined(separator: ", ")))"
    }
}

extension LaunchShape {
    /// Whether the device has so much.
    /// - Throws: ``ComputeError/Code/launchShape`` that names what is too large (or zero) and the limit.
    package func check(against info: DeviceInfo, kernel: KernelSignature) throws(ComputeError) {
        guard !isWithin(LaunchLimits(info, kernel)) else { return }
        func refuse(_ what: String) -> ComputeError {
            ComputeError(.launchShape, "\(kernel.name) can't be launched on \(info.id): \(what)")
        }
        for (name, size, limit) in [("grid", grid, info.maxGrid), ("block", block, info.maxBlock)] {
            guard size.x >= 1, size.y >= 1, size.z >= 1 else {
                throw refuse("the \(name) is \(size); each dimension is at least 1.")
            }
            guard size.x <= limit.x, size.y <= limit.y, size.z <= limit.z else {
                throw refuse("the \(name) is \(size); the device takes \(limit) at most.")
            }
        }
        guard block.count <= info.maxThreadsPerBlock else {
            throw refuse("\(block.count) threads a block; the device takes \(info.maxThreadsPerBlock) at most.")
        }
        guard shared >= 0 else { throw refuse("\(shared) bytes of shared memory a block.") }
        guard shared <= info.maxSharedMemory - kernel.staticShared else {
            throw refuse(
                "\(shared) bytes of shared memory a block, and \(kernel.staticShared) static ones; "
                    + "the device has \(info.maxSharedMemory).")
        }
    }

    /// The same without words.
    package func isWithin(_ limits: LaunchLimits) -> Bool {
        grid.isWithin(limits.grid) && block.isWithin(limits.block) && block.count <= limits.threads
            && shared >= 0 && shared <= limits.shared
    }
}

/// What a device has for one kernel: all that is asked at each launch.
package struct LaunchLimits: Sendable {
    let grid: Dim3
    let block: Dim3
    /// Threads a block.
    let threads: Int
    /// Bytes of dynamic shared memory a block.
    let shared: Int

    package init(_ info: DeviceInfo, _ kernel: KernelSignature) {
        (grid, block, threads) = (info.maxGrid, info.maxBlock, info.maxThreadsPerBlock)
        shared = info.maxSharedMemory - kernel.staticShared
    }
}

extension Dim3 {
    fileprivate func isWithin(_ limit: Dim3) -> Bool {
        x >= 1 && y >= 1 && z >= 1 && x <= limit.x && y <= limit.y && z <= limit.z
    }
}
