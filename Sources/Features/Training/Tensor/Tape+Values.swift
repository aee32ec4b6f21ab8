import StewardCompute

extension Tape {
    /// A tensor with these values; with `needsGradient` its gradient can be read after the backward pass.
    public func tensor(
        _ values: [Float], _ shape: Shape, needsGradient: Bool = false
    ) throws(ComputeError) -> Tensor {
        try require(values.count == shape.count, "\(values.count) values don't make a tensor of \(shape).")
        let tensor = try make(shape, needsGradient: needsGradient)
        tensor.isRetained = true
        try device.kernels.write(values, to: tensor.cells)
        return tensor
    }

    /// Keeps the values until the tape ends; otherwise the backward pass uses their memory again.
    public func retain(_ tensor: Tensor) { tensor.isRetained = true }

    /// Waits for the work so far and copies the values to the host.
    public func values(of tensor: Tensor) throws(ComputeError) -> [Float] { try device.kernels.read(tensor.cells) }

    /// What ``backward(from:)`` left for a tensor that was made with `needsGradient`; nil where the loss doesn't
    /// depend on it.
    public func gradientValues(of tensor: Tensor) throws(ComputeError) -> [Float]? {
        guard let gradient = tensor.gradient, gradient.isWritten else { return nil }
        return try device.kernels.read(gradient.cells)
    }

    /// - Throws: ``ComputeError/Code/arguments`` with the sentence when the condition doesn't hold.
    package func require(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(ComputeError) {
        if !condition { throw ComputeError(.arguments, sentence()) }
    }
}
