import CCompute
import Glibc
import Synchronization

/// One launch of a kernel in check mode, every access of which goes to a sink.
///
/// It runs in the caller's thread, block after block; one at a time in a process, since the compiled object reports to
/// one listener.
final class InstrumentedLaunch {
    let source: KernelSource
    let signature: KernelSignature
    let shape: LaunchShape
    let arguments: [LaunchArgument]
    let context: LaunchContext
    private let kernel: CPUKernel
    private var map = MemoryMap()
    private var list = ArgumentList()
    private var memory: [Int: PaddedMemory] = [:]
    private var dynamicRegion: Int?
    private let object: KernelObject
    private let codeBase: UInt64

    private static let one = Mutex<Void>(())

    /// How a launch ended.
    enum Outcome {
        case finished
        /// At an access that must not happen.
        case stopped
        case timeUp
        case failed(ComputeError)
    }

    init(
        source: KernelSource, kernel name: String, shape: LaunchShape, arguments: [LaunchArgument],
        compiler: HostCompiler? = nil
    ) throws(ComputeError) {
        let source = source.instantiating(name)
        guard let kernel = try Self.compile(source, compiler).kernel(named: name) as? CPUKernel else {
            throw ComputeError(.unsupported, "\(name) can't be checked: it isn't compiled for the processor.")
        }
        try kernel.signature.check(arguments.map(\.parameterType), file: source.file)
        try shape.check(against: CPUBackend.shared.info, kernel: kernel.signature)
        try Self.checkSize(shape, name)
        object = KernelObject(Self.read(kernel.program.path))
        codeBase = Self.loadAddress(of: kernel.program.module, in: object)
        (self.source, self.kernel, self.shape, self.arguments) = (source, kernel, shape, arguments)
        signature = kernel.signature
        context = LaunchContext(
            shape: shape, regions: [], sites: SiteTable(),
            kernel: LineTable.Place(file: source.file, line: kernel.signature.line), source: source.text)
        try layOut()
    }

    /// Threads that a check can be asked for: they run one after the other.
    private static let mostThreads = 1 << 28

    private static func checkSize(_ shape: LaunchShape, _ name: String) throws(ComputeError) {
        let rows = shape.grid.y.multipliedReportingOverflow(by: shape.grid.z)
        let blocks = shape.grid.x.multipliedReportingOverflow(by: rows.partialValue)
        let threads = blocks.partialValue.multipliedReportingOverflow(by: shape.block.count)
        guard !rows.overflow, !blocks.overflow, !threads.overflow, threads.partialValue <= mostThreads else {
            throw ComputeError(
                .launchShape,
                "\(name) with a grid of \(shape.grid) and blocks of \(shape.block) has too many threads to be looked at one by "
                    + "one; \(mostThreads) is the most: a small grid shows the same.")
        }
    }

    private static func compile(
        _ source: KernelSource, _ compiler: HostCompiler?
    ) throws(ComputeError) -> any CompiledProgram {
        var source = source
        source.mode = .check
        guard let compiler else { return try CPUBackend.shared.compile(source) }
        return try CPUProgram(KernelBuild.build(source, with: compiler), source: source)
    }

    /// Runs it; `sink` is asked for once the regions are known, in the thread that runs.
    func run(_ sink: any AccessSink, seconds: Double) -> Outcome {
        Self.one.withLock { _ in
            layOutObject()
            let recorder = LaunchRecorder(self, sink: sink, map: map, dynamicRegion: dynamicRegion, seconds: seconds)
            return recorder.run(kernel, shape, list)
        }
    }

    /// The bytes of a buffer now.
    func peek(_ region: Int, _ offset: Int, _ size: Int) -> [UInt8]? {
        guard let memory = memory[region], offset >= 0, offset + size <= memory.byteCount else { return nil }
        return Array(UnsafeRawBufferPointer(start: memory.start + offset, count: size))
    }

    /// Where the dynamic shared memory of the block that runs lies.
    func dynamicShared() -> UnsafeMutableRawPointer? { kernel.program.module.pointee.host.pointee.shared() }

    /// The source's place of the code that `address` is the return address of. Compilers part a file's name from its
    /// folder.
    func place(code: UInt64) -> LineTable.Place {
        let unknown = LineTable.Place(file: source.file, line: 0)
        guard var place = object.lines.place(of: code &- codeBase &- 1) else { return unknown }
        if place.file.split(separator: "/").last == source.file.split(separator: "/").last { place.file = source.file }
        return place
    }
}

extension InstrumentedLaunch {
    /// Buffers, between zones.
    private func layOut() throws(ComputeError) {
        for (index, argument) in arguments.enumerated() {
            switch argument.content {
            case .scalar(let number, let element): list.append(number, as: element)
            case .buffer(let cells):
                let memory = try PaddedMemory(byteCount: cells.checkedByteCount(argument.name))
                try cells.fill(UnsafeMutableRawBufferPointer(start: memory.start, count: cells.byteCount))
                list.append(bytesOf: memory.range.lowerBound)
                let isWritable = !signature.parameters[index].isConstant
                let region = add(
                    MemoryRegion(
                        name: argument.name, byteCount: cells.byteCount, element: cells.element,
                        isInitialised: cells.pattern != .uninitialised,
                        isOutput: cells.isOutput ? true : isWritable ? false : nil))
                self.memory[region] = memory
                map.add(.init(range: memory.range, region: region, margin: UInt64(memory.zone), isPadded: true))
            }
        }
    }

    private func add(_ region: MemoryRegion) -> Int {
        context.add(region)
        return context.regions.count - 1
    }

    /// What the object brings: shared memory of this thread, variables of the device, constants.
    private func layOutObject() {
        let shared = SharedVariable.all(in: kernel.program.path)
        for variable in kernel.program.sharedVariables() where !variable.range.isEmpty {
            let region = add(
                MemoryRegion(
                    name: variable.name, space: .shared, byteCount: variable.range.count, isInitialised: false))
            let range = UInt64(variable.range.lowerBound)..<UInt64(variable.range.upperBound)
            map.add(.init(range: range, region: region, margin: 4096, isPadded: false))
        }
        if let anchor = shared.first(where: { $0.name == "steward_anchor" }) {
            let start = UInt64(UInt(bitPattern: kernel.program.module.pointee.thread_memory())) - UInt64(anchor.offset)
            for variable in shared where variable.isOwn {
                let address = start + UInt64(variable.offset)
                map.ignore(address..<address + UInt64(max(1, variable.size)))
            }
        }
        layOutVariables()
        if shape.shared > 0 {
            let name = Self.dynamicName(in: source.text)
            dynamicRegion = add(
                MemoryRegion(name: name, space: .shared, byteCount: shape.shared, isInitialised: false))
        }
    }

    private func layOutVariables() {
        for variable in object.variables where !variable.isThreadLocal && !variable.name.hasPrefix("steward_") {
            let isWritable = object.segments.contains {
                $0.isWritable && variable.address >= $0.address && variable.address - $0.address < $0.size
            }
            guard isWritable, variable.size < UInt64(Int32.max) else { continue }
            let region = add(MemoryRegion(name: variable.name, byteCount: Int(variable.size)))
            let start = codeBase &+ variable.address
            map.add(.init(range: start..<start + variable.size, region: region, margin: 0, isPadded: false))
        }
        for segment in object.segments where segment.size > 0 {
            let start = codeBase &+ segment.address
            map.ignore(start..<start &+ segment.size)
        }
    }

    /// `both` of `extern __shared__ float both[];`.
    static func dynamicName(in text: String) -> String {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "[") }
        for (index, word) in words.enumerated() where word == "extern" {
            let rest = words[index...].prefix(8)
            guard rest.contains("__shared__"), let name = rest.first(where: { $0.hasSuffix("[") && $0.count > 1 })
            else {
                continue
            }
            return String(name.dropLast())
        }
        return "shared memory"
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        guard size > 0, size < 1 << 28 else { return [] }
        rewind(file)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = fread(buffer.baseAddress, 1, size, file)
        }
    }

    /// Where the object was loaded: the address of a symbol, less what the file says of it.
    private static func loadAddress(of module: UnsafePointer<steward_module>, in object: KernelObject) -> UInt64 {
        let address = UInt64(UInt(bitPattern: module))
        return address &- (object.variables.first { $0.name == "steward_module" }?.address ?? address)
    }
}
