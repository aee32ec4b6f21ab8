// What Benchmarks/compute/training.py starts: trains a model from the weights and batches of a safetensors file, as many
// steps as each line of its input says, and prints their losses and seconds.
//
//     training-driver mlp|cnn|chargpt FILE DEVICE
//     training-driver digits FILE COUNT             writes drawn digits for both sides

import Glibc
import StewardCompute
import StewardTraining

func contents(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { fatalError("\(path) can't be read") }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let size = ftell(file)
    rewind(file)
    return [UInt8](unsafeUninitializedCapacity: size) { target, count in
        count = fread(target.baseAddress, 1, size, file)
    }
}

func writeDigits(_ path: String, _ count: Int) {
    let digits = Digits.drawn(count, seed: 1)
    let tensors: [(name: String, shape: Shape, values: [Float])] = [
        ("pixels", [count, 784], digits.pixels), ("labels", [count], digits.labels.map(Float.init)),
    ]
    guard let file = fopen(path, "wb") else { fatalError("\(path) can't be written") }
    defer { fclose(file) }
    let bytes = Safetensors.encode(tensors)
    fwrite(bytes, 1, bytes.count, file)
}

/// A model with its inputs.
struct Bench {
    var parameters: [Parameter]
    var loss: (Tape) throws(ComputeError) -> Tensor
    var write: (_ batch: Int) throws -> Void
    var method: Optimiser.Method
    var rate: Double
}

func images(_ file: Safetensors, _ device: TensorDevice, isCNN: Bool) throws -> Bench {
    let shape = Shape(file.entries.first { $0.name == "batch.0.x" }!.shape)
    let count = shape.dimensions[0]
    let input = try Input(shape, on: device)
    let labels = try Indices(count, below: 10, on: device)
    let write = { (batch: Int) throws in
        try input.write(file.floats("batch.\(batch).x", shape))
        try labels.write(file.floats("batch.\(batch).y", [count]).map(Int32.init))
    }
    if isCNN {
        let cnn = CNN()
        return Bench(
            parameters: cnn.parameters,
            loss: { (tape) throws(ComputeError) in try tape.crossEntropy(cnn(input.tensor, tape), labels) },
            write: write, method: .sgd(momentum: 0.9), rate: 0.005)
    }
    let mlp = MLP(widths: [784, 512, 10])
    return Bench(
        parameters: mlp.parameters,
        loss: { (tape) throws(ComputeError) in try tape.crossEntropy(mlp(input.tensor, tape), labels) },
        write: write, method: .sgd(), rate: 0.1)
}

func text(_ file: Safetensors, _ device: TensorDevice) throws -> Bench {
    let shape = Shape(file.entries.first { $0.name == "batch.0.x" }!.shape)
    let (batch, length) = (shape.dimensions[0], shape.dimensions[1])
    let sizes = CharGPT.Configuration(vocabulary: 65, context: length, layers: 4, heads: 4, width: 128)
    let gpt = CharGPT(sizes, key: try RandomKey(seed: 1, on: device))
    let inputs = try Indices(batch * length, below: 65, on: device)
    let targets = try Indices(batch * length, below: 65, on: device)
    return Bench(
        parameters: gpt.parameters,
        loss: { (tape) throws(ComputeError) in
            try tape.crossEntropy(gpt(inputs, batch: batch, length: length, tape), targets)
        },
        write: { number in
            try inputs.write(file.floats("batch.\(number).x", shape).map(Int32.init))
            try targets.write(file.floats("batch.\(number).y", shape).map(Int32.init))
        }, method: .adamw(decay: 0.01), rate: 1e-3)
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else { fatalError("training-driver mlp|cnn|chargpt FILE DEVICE") }
if arguments[1] == "digits" {
    writeDigits(arguments[2], Int(arguments[3]) ?? 0)
    exit(0)
}
let device = try TensorDevice(Device.Wish(arguments[3]))
let file = try Safetensors(contents(arguments[2]), file: arguments[2])
let bench =
    arguments[1] == "chargpt" ? try text(file, device) : try images(file, device, isCNN: arguments[1] == "cnn")
let set = try ParameterSet(bench.parameters, on: device, seed: 1)
try set.write(bench.parameters.map { try file.floats($0.name, $0.shape) })
let step = TrainingStep(try Optimiser(bench.method, for: set), on: device, bench.loss)
let batches = file.entries.filter { $0.name.hasPrefix("batch.") }.count / 2
let clock = ContinuousClock()
var done = 0
while let line = readLine(), let count = Int(line) {
    var (losses, seconds): ([Float], [Double]) = ([], [])
    for _ in 0..<count {
        try bench.write(done % batches)
        let start = clock.now
        losses.append(try step.run(rate: bench.rate))
        let time = (clock.now - start).components
        seconds.append(Double(time.seconds) + Double(time.attoseconds) * 1e-18)
        done += 1
    }
    print("{\"losses\":\(losses),\"seconds\":\(seconds)}")
    fflush(nil)
}
