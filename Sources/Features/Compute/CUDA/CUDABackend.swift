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
        ownStream = CUDAStream(context: context, pool: pool, libraries: libraries, among: streams)
    }

    package func allocate(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CUDAMemory(byteCount: byteCount, from: pool)
    }

    package func allocateHost(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CUDAHostMemory(byteCount: byteCount, context: context)
    }

    package func makeStream() throws(ComputeError) -> any BackendStream {
        let stream = CUDAStream(context: context, pool: pool, libraries: libraries, among: streams)
        _ = try stream.work.handle()
        return stream
    }

    package func synchronize() throws(ComputeError) {
        for work in streams.all where !work.isCapturing { try work.synchronize() }
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
        let outline = KernelOutline(source.text, definitions: compiler.definitions(for: source, target))
        try KernelIncludes.check(outline, source)
        let kernels = try CUDAProgram.Kernels(source, outline)
        let key = CompiledCodeCache.key(source, recipe: compiler.recipe(source, target))
        if let code = cache.code(key) {
            do throws(ComputeError) {
                return try CUDAProgram(code, kernels, file: source.file, context: context)
            } catch {
                guard !context.hasEnded else { throw error }
                cache.remove(key)
            }
        }
        let code = try compiler.compile(source, for: target, kernels: kernels.expressions)
        let program = try CUDAProgram(code, kernels, file: source.file, context: context)
        cache.store(code, key)
        return program
    }
}

/// The work of a device's streams that are alive. Not weak references to the streams: those would make each launch's
/// counting of references slow.
final class CUDAStreams: Sendable {
    private let alive = Mutex<[CUDAStreamWork]>([])

    func add(_ work: CUDAStreamWork) { alive.withLock { $0.append(work) } }

    func remove(_ work: CUDAStreamWork) { alive.withLock { $0.removeAll { $0 === work } } }

    var all: [CUDAStreamWork] { alive.withLock { $0 } }

    /// Waits for what is queued, so that its memory comes back; errors come again at the next call.
    func settle() {
        for work in all where !work.isCapturing { try? work.synchronize() }
    }
}
