import CCompute
import Synchronization

/// This machine's processor.
package final class CPUBackend: Backend {
    /// The one there is.
    package static let shared = CPUBackend()

    package let info: DeviceInfo
    package let defaultStream: any BackendStream = CPUStream()
    private let streams = Mutex<[WeakStream]>([])
    private let programs = Mutex<ProgramCache>(ProgramCache())

    private struct WeakStream: Sendable { weak var stream: CPUStream? }

    private init() {
        let facts = CPUFacts.current
        info = DeviceInfo(
            kind: .cpu, id: "cpu", name: facts.name, multiprocessors: facts.cores, memory: facts.memory,
            maxThreadsPerBlock: 1024, maxBlock: Dim3(1024, 1024, 64), maxGrid: Dim3(Int(Int32.max), 65535, 65535),
            maxSharedMemory: 48 << 10, architecture: facts.architecture)
    }

    package func allocate(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CPUMemory(byteCount: byteCount)
    }

    package func allocateHost(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CPUMemory(byteCount: byteCount)
    }

    package func compile(_ source: KernelSource) throws(ComputeError) -> any CompiledProgram {
        let compiler = try HostCompiler.find()
        if let program = programs.withLock({ $0[source, compiler] }) { return program }
        let program = try CPUProgram(KernelBuild.build(source, with: compiler), source: source)
        programs.withLock { $0[source, compiler] = program }
        return program
    }

    package func makeStream() throws(ComputeError) -> any BackendStream {
        let stream = CPUStream()
        streams.withLock { streams in
            streams.removeAll { $0.stream == nil }
            streams.append(WeakStream(stream: stream))
        }
        return stream
    }

    package func synchronize() throws(ComputeError) {
        try defaultStream.synchronize()
        for stream in streams.withLock({ $0.compactMap(\.stream) }) { try stream.synchronize() }
    }
}

/// The programs that were compiled last, by source and compiler.
private struct ProgramCache {
    private struct Key: Hashable {
        var source: KernelSource
        var compiler: HostCompiler
    }

    private static let most = 128
    private var programs: [Key: CPUProgram] = [:]
    private var order: [Key] = []

    subscript(_ source: KernelSource, _ compiler: HostCompiler) -> CPUProgram? {
        get { programs[Key(source: source, compiler: compiler)] }
        set {
            let key = Key(source: source, compiler: compiler)
            if programs.updateValue(newValue!, forKey: key) == nil { order.append(key) }
            if order.count > Self.most { programs[order.removeFirst()] = nil }
        }
    }
}
