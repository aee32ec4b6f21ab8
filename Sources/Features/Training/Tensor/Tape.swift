import StewardCompute

/// Runs operations on tensors at once and notes them, to differentiate by them in reverse
/// (``backward(from:)``) and to run the same work again (``plan()``).
///
/// A tape is for one forward and one backward pass. Memory comes from the device's arena: what the backward pass no
/// longer needs is used again within it, and all of it goes back when the tape ends.
public final class Tape {
    /// Where it runs.
    public let device: TensorDevice
    /// Whether operations are noted for a backward pass.
    public let differentiates: Bool
    /// Whether dropout drops.
    public let isTraining: Bool
    private var nodes: [Node] = []
    private var work: [Plan.Work] = []
    private var held: [Storage] = []
    private var sites: UInt32 = 0
    private var parameters: [Tensor] = []
    package var graded: [Tensor] = []

    private struct Node {
        let output: Tensor
        let backward: () throws(ComputeError) -> Void
    }

    /// A tape for training, or with `differentiates` off for evaluation only.
    public init(_ device: TensorDevice, differentiates: Bool = true, isTraining: Bool = true) {
        self.device = device
        self.differentiates = differentiates
        self.isTraining = isTraining
    }

    deinit {
        for storage in held { device.arena.release(storage) }
        for tensor in graded { dropGradient(of: tensor) }
    }

    /// All the work that ran so far, to run again with other values in the inputs.
    public func plan() -> Plan { Plan(work, on: device) }

    /// Runs `body` now, and whenever the plan is run.
    package func emit(_ body: @escaping Plan.Work) throws(ComputeError) {
        work.append(body)
        try body(device.kernels)
    }

    /// A new tensor of this shape with any values.
    package func make(_ shape: Shape, needsGradient: Bool) throws(ComputeError) -> Tensor {
        let storage = try device.arena.take(shape.count)
        held.append(storage)
        return Tensor(shape, storage: storage, needsGradient: needsGradient && differentiates)
    }

    /// Another look at the same values.
    package func view(_ tensor: Tensor, as shape: Shape) throws(ComputeError) -> Tensor {
        guard let storage = tensor.storage else {
            // A parameter's values are copied: they don't lie in the arena.
            let copy = try make(shape, needsGradient: tensor.needsGradient)
            let (from, to) = (tensor.cells, copy.cells)
            try emit { (kernels) throws(ComputeError) in try kernels.copy(from, to: to) }
            return copy
        }
        storage.users += 1
        held.append(storage)
        let view = Tensor(shape, storage: storage, needsGradient: tensor.needsGradient)
        view.isRetained = tensor.isRetained
        return view
    }

    /// Memory that lives as long as the tape: what a backward pass needs beside inputs and outputs.
    package func keep(_ count: Int) throws(ComputeError) -> Cells<Float> {
        let storage = try device.arena.take(count)
        held.append(storage)
        return storage.cells.part(0, count)
    }

    /// Memory for one operation: `body` must emit whatever uses it.
    package func withScratch(
        _ count: Int, _ body: (Cells<Float>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let storage = try device.arena.take(count)
        defer { device.arena.release(storage) }
        try body(storage.cells.part(0, count))
    }

    /// Notes how `output`'s gradient is passed on.
    package func note(_ output: Tensor, _ backward: @escaping () throws(ComputeError) -> Void) {
        if output.needsGradient { nodes.append(Node(output: output, backward: backward)) }
    }

    /// The next number of a place where random numbers are drawn.
    package func nextSite() -> UInt32 {
        sites += 1
        return sites
    }

    /// Has these parameters' gradients set by ``backward(from:)``, to zero where the loss doesn't depend on them.
    package func watch(_ tensors: [Tensor]) {
        parameters = tensors
        for tensor in tensors { tensor.gradient?.isWritten = false }
    }

    /// Differentiates `loss`, one number, by everything that it was computed from.
    public func backward(from loss: Tensor) throws(ComputeError) {
        guard loss.shape.count == 1, differentiates else {
            throw ComputeError(
                .arguments, "Only one number can be differentiated, not \(loss.shape): take its mean or sum first.")
        }
        try target(for: loss) { (seed, _) throws(ComputeError) in
            try emit { (kernels) throws(ComputeError) in try kernels.fill(seed, 1) }
        }
        loss.isRetained = true
        while let node = nodes.popLast() {
            if node.output.gradient?.isWritten == true { try node.backward() }
            release(node.output)
        }
        for tensor in parameters where tensor.gradient?.isWritten == false {
            let cells = tensor.gradient!.cells
            try emit { (kernels) throws(ComputeError) in try kernels.fill(cells, 0) }
        }
    }

    /// After the backward step of what made it nobody needs it.
    private func release(_ tensor: Tensor) {
        guard !tensor.isRetained, let storage = tensor.storage else { return }
        if let place = held.lastIndex(where: { $0 === storage }) {
            held.swapAt(place, held.count - 1)
            held.removeLast()
            device.arena.release(storage)
        }
        dropGradient(of: tensor)
    }
}

/// Work that a tape noted, to run again: the same kernels on the same memory.
public final class Plan {
    package typealias Work = (any TensorKernels) throws(ComputeError) -> Void
    private let work: [Work]
    private let device: TensorDevice
    private var graph: Graph?
    private var runs = 0

    init(_ work: [Work], on device: TensorDevice) {
        self.work = work
        self.device = device
    }

    /// How many operations it has.
    public var count: Int { work.count }

    /// Queues all of it once more. Where kernels are queued on a stream, the second run records a graph (CUDA's, on a
    /// GPU), which then starts with one call.
    public func run() throws(ComputeError) {
        runs += 1
        if let graph { return try graph.launch(on: device.device.defaultStream) }
        guard device.kernels is CUDAKernels, runs == 2 else { return try runEach() }
        let recorded = try device.device.defaultStream.capture { () throws(ComputeError) in try runEach() }
        graph = recorded
        try recorded.launch(on: device.device.defaultStream)
    }

    private func runEach() throws(ComputeError) {
        for each in work { try each(device.kernels) }
    }
}
