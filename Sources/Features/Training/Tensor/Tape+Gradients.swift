import StewardCompute

extension Tape {
    /// The gradient that arrived at a tensor.
    package func gradient(of tensor: Tensor) -> Cells<Float> { tensor.gradient!.cells }

    /// Has `body` emit work that writes the tensor's gradient, or adds to it if the second argument says so.
    package func target(
        for tensor: Tensor, _ body: (Cells<Float>, Bool) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        guard tensor.needsGradient else { return }
        guard let present = tensor.gradient else {
            let storage = try device.arena.take(tensor.shape.count)
            let cells = storage.cells.part(0, tensor.shape.count)
            set(Tensor.Gradient(cells: cells, storage: storage, isWritten: true), on: tensor)
            return try body(cells, false)
        }
        if present.isWritten { try makeOwn(tensor, present) }
        let accumulates = present.isWritten
        tensor.gradient!.isWritten = true
        try body(tensor.gradient!.cells, accumulates)
    }

    /// Has `body` emit work that writes the tensor's gradient; where there is one already it goes through scratch
    /// memory.
    package func produce(
        for tensor: Tensor, _ body: (Cells<Float>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        try target(for: tensor) { (cells, accumulates) throws(ComputeError) in
            guard accumulates else { return try body(cells) }
            try withScratch(cells.count) { (scratch) throws(ComputeError) in
                try body(scratch)
                try emit { (kernels) throws(ComputeError) in
                    try kernels.scale(scratch, by: 1, cells, accumulate: true)
                }
            }
        }
    }

    /// Passes the gradient of `output` on to `input` as it is: the same memory where that is possible.
    package func pass(from output: Tensor, to input: Tensor) throws(ComputeError) {
        guard input.needsGradient else { return }
        let arrived = output.gradient!
        if input.gradient == nil, let storage = arrived.storage {
            storage.users += 1
            set(Tensor.Gradient(cells: arrived.cells, storage: storage, isWritten: true), on: input)
        } else {
            try target(for: input) { (cells, accumulates) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.scale(arrived.cells, by: 1, cells, accumulate: accumulates)
                }
            }
        }
    }

    /// Gives the tensor's gradient back to the arena; a parameter keeps its place.
    package func dropGradient(of tensor: Tensor) {
        guard let storage = tensor.gradient?.storage else { return }
        device.arena.release(storage)
        tensor.gradient = nil
    }

    private func set(_ gradient: Tensor.Gradient, on tensor: Tensor) {
        tensor.gradient = gradient
        graded.append(tensor)
    }

    /// What two tensors share must not be added to.
    private func makeOwn(_ tensor: Tensor, _ present: Tensor.Gradient) throws(ComputeError) {
        guard let storage = present.storage, storage.users > 1 else { return }
        let own = try device.arena.take(tensor.shape.count)
        let cells = own.cells.part(0, tensor.shape.count)
        try emit { (kernels) throws(ComputeError) in try kernels.copy(present.cells, to: cells) }
        device.arena.release(storage)
        tensor.gradient = Tensor.Gradient(cells: cells, storage: own, isWritten: true)
    }
}
