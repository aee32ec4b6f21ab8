import Synchronization

/// An NVIDIA GPU through its driver, opened at run time.
package final class CUDABackend: Backend {
    package let info: DeviceInfo
    /// 90 for compute capability 9.0.
    package let capability: Int
    package let context: CUDAContext
    package let pool: CUDAMemoryPool
    package let libraries: CUDALibraries
    private let cache: CompiledCodeCache
    private let ownStream: CUDAStream
    private let streams: CUDAStreams

    package var defaultStream: any BackendStream { ownStream }

    /// - Parameter device: the driver's handle of a device whose facts are `facts`.
    init(
        _ facts: CUDADeviceFacts, driver: CUDADriver, libraries: CUDALibraries, cache: CompiledCodeCache
    ) {
        info = facts.info
        capability = facts.capability
        self.libraries = libraries
        self.cache = cache
        context = CUDAContext(driver: driver, device: facts.device, id: facts.info.id)
        let streams = CUDAStreams()
        self.streams = streams
        pool = CUDAMemoryPool(context: context) { streams.settle() }
        ownStream = CUDAStream(context: context, pool: pool, libraries: libraries)
        streams.add(ownStream)
    }

    package func allocate(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CUDAMemory(byteCount: byteCount, from: pool)
    }

    package func allocateHost(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CUDAHostMemory(byteCount: byteCount, context: context)
    }

    package func makeStream() throws(ComputeError) -> any BackendStream {
        let stream = CUDAStream(context: context, pool: pool, libraries: libraries)
        _ = try stream.work.handle()
        streams.add(stream)
        return stream
    }

    package func synchronize() throws(ComputeError) {
        for stream in streams.all where !stream.work.isCapturing { try stream.synchronize() }
    }

    package func compile(_ source: KernelSource) throws(ComputeError) -> any CompiledProgram {
        guard source.mode == .fast else {
            throw ComputeError(
                .unsupported, "\(source.file) is checked on the processor: take --device cpu for the check.")
        }
        let nvrtc: NVRTC
        do throws(DeviceAbsence) { nvrtc = try libraries.compiler() } catch {
            throw ComputeError(.noCompiler, "Kernels for \(info.id) need NVRTC. \(error.sentence)")
        }
        let compiler = CUDACompiler(nvrtc)
        let target = try compiler.target(for: capability)
        let outline = KernelOutline(source.text, definitions: source.defines)
        let kernels = try CUDAProgram.Kernels(
            signatures: KernelParser.signatures(of: source, outline: outline),
            templates: KernelParser.templates(of: outline))
        let key = CompiledCodeCache.key(source, recipe: compiler.recipe(source, target))
        if let code = cache.code(key) {
            do throws(ComputeError) {
                return try CUDAProgram(code, kernels, file: source.file, context: context)
            } catch {
                guard !context.hasEnded else { throw error }
                cache.remove(key)
            }
        }
        let code = try compiler.compile(source, for: target, kernels: kernels.signatures.map(\.name))
        let program = try CUDAProgram(code, kernels, file: source.file, context: context)
        cache.store(code, key)
        return program
    }
}

/// The streams of a device that are alive.
final class CUDAStreams: Sendable {
    private struct Weak: Sendable { weak let stream: CUDAStream? }
    private let alive = Mutex<[Weak]>([])

    func add(_ stream: CUDAStream) {
        alive.withLock { alive in
            alive.removeAll { $0.stream == nil }
            alive.append(Weak(stream: stream))
        }
    }

    var all: [CUDAStream] { alive.withLock { $0.compactMap(\.stream) } }

    /// Waits for what is queued, so that its memory comes back; errors come again at the next call.
    func settle() {
        for stream in all where !stream.work.isCapturing { try? stream.synchronize() }
    }
}
