/// Recorded work of a GPU, with the memory and the kernels that it names.
package final class CUDAGraph: BackendGraph {
    nonisolated(unsafe) let handle: CUDADriver.Handle
    let context: CUDAContext
    private let kept: [any AnyObject & Sendable]

    /// Makes a graph that can be launched out of a recorded one, which is used up.
    init(
        recorded: CUDADriver.Handle, context: CUDAContext, keeping kept: [any AnyObject & Sendable]
    ) throws(ComputeError) {
        defer { context.dispose { $0.destroyGraph(recorded) } }
        var handle: CUDADriver.Handle?
        try context.perform("cuGraphInstantiateWithFlags") { $0.instantiateGraph(&handle, recorded, 0) }
        self.handle = handle!
        self.context = context
        self.kept = kept
    }

    deinit { context.dispose { $0.destroyExecutableGraph(handle) } }

    package func launch(on stream: any BackendStream) throws(ComputeError) {
        guard let stream = stream as? CUDAStream, stream.context === context else {
            throw ComputeError(.unsupported, "A graph runs on the device that it was recorded on: take its stream.")
        }
        try stream.launch(self)
    }
}
