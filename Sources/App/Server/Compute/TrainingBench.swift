import StewardCompute
import StewardTraining

/// What `steward compute bench` measures of training: one step (forward, backward, update) of each model.
package enum TrainingBench {
    /// MLP 784-512-10 and a small CNN on images, and a character transformer of 0.8 million numbers.
    package static let cases: [BenchCase] = [
        .milliseconds("training step mlp") { (device) throws(ComputeError) in
            try images(MLP(widths: [784, 512, 10]), [128, 784], on: device) { (model, x, tape) throws(ComputeError) in
                try model(x, tape)
            }
        },
        .milliseconds("training step cnn") { (device) throws(ComputeError) in
            try images(CNN(), [64, 1, 28, 28], on: device) { (model, x, tape) throws(ComputeError) in
                try model(x, tape)
            }
        },
        .milliseconds("training step chargpt") { (device) throws(ComputeError) in try characters(on: device) },
    ]

    private typealias Work = () throws(ComputeError) -> Void

    private static func images<Model: Module>(
        _ model: Model, _ shape: Shape, on device: Device,
        _ forward: @escaping (Model, Tensor, Tape) throws(ComputeError) -> Tensor
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let device = try TensorDevice(device)
        let batch = shape.dimensions[0]
        let pixels = try Input(shape, on: device)
        try pixels.write((0..<shape.count).map { Float($0 % 255) / 255 })
        let labels = try Indices(batch, below: 10, on: device)
        try labels.write((0..<batch).map { Int32($0 % 10) })
        return try step(model, on: device) { (tape) throws(ComputeError) in
            try tape.crossEntropy(forward(model, pixels.tensor, tape), labels)
        }
    }

    private static func characters(on device: Device) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let device = try TensorDevice(device)
        let (batch, context, vocabulary) = (16, 64, 65)
        let model = CharGPT(
            CharGPT.Configuration(vocabulary: vocabulary, context: context, layers: 4, heads: 4, width: 128),
            key: try RandomKey(seed: 1, on: device))
        let inputs = try Indices(batch * context, below: vocabulary, on: device)
        let targets = try Indices(batch * context, below: vocabulary, on: device)
        try inputs.write((0..<batch * context).map { Int32($0 * 7 % vocabulary) })
        try targets.write((0..<batch * context).map { Int32(($0 + 1) * 7 % vocabulary) })
        return try step(model, on: device) { (tape) throws(ComputeError) in
            try tape.crossEntropy(model(inputs, batch: batch, length: context, tape), targets)
        }
    }

    private static func step(
        _ model: some Module, on device: TensorDevice, _ loss: @escaping (Tape) throws(ComputeError) -> Tensor
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let set = try ParameterSet(model.parameters, on: device, seed: 1)
        let step = TrainingStep(try Optimiser(.adamw(decay: 0.01), for: set, limit: 1), on: device, loss)
        return { () throws(ComputeError) in _ = try step.run(rate: 1e-3) }
    }
}
