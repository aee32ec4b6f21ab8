import StewardCompute
import Testing

@testable import StewardTraining

/// Every operator's values and gradients: PyTorch's, and central differences of its own values.
@Suite struct OperatorTests {
    typealias Body = @Sendable (Tape, [Tensor]) throws -> Tensor

    static let cases: [(String, Body)] = [
        ("linear", { try $0.linear($1[0], weight: $1[1], bias: $1[2]) }),
        ("matmul", { try $0.matmul($1[0], $1[1]) }), ("batched", { try $0.matmul($1[0], $1[1]) }),
        ("add", { try $0.add($1[0], $1[1]) }), ("bias", { try $0.add($1[0], $1[1]) }),
        ("subtract", { try $0.subtract($1[0], $1[1]) }), ("multiply", { try $0.multiply($1[0], $1[1]) }),
        ("square", { try $0.multiply($1[0], $1[0]) }), ("scale", { try $0.scale($1[0], by: 0.3) }),
        ("relu", { try $0.activate($1[0], .relu) }), ("gelu", { try $0.activate($1[0], .gelu) }),
        ("geluTanh", { try $0.activate($1[0], .geluTanh) }), ("softmax", { try $0.softmax($1[0]) }),
        ("layerNorm", { try $0.layerNorm($1[0], weight: $1[1], bias: $1[2]) }),
        ("conv", { try $0.conv2D($1[0], weight: $1[1], bias: $1[2], padding: 1) }),
        ("convStride", { try $0.conv2D($1[0], weight: $1[1], bias: $1[2], stride: 2) }),
        ("convWide", { try $0.conv2D($1[0], weight: $1[1], bias: $1[2], stride: 2, padding: 2) }),
        ("pool", { try $0.maxPool2D($1[0], kernel: 2) }),
        ("poolOverlap", { try $0.maxPool2D($1[0], kernel: 3, stride: 2) }),
        ("attention", { try $0.attention($1[0], heads: 2) }),
        ("attentionOpen", { try $0.attention($1[0], heads: 3, isCausal: false) }),
        ("permute", { try $0.permute($1[0], [2, 0, 3, 1]) }), ("transpose", { try $0.permute($1[0], [1, 0]) }),
        ("slice", { try $0.slice($1[0], axis: 1, 1..<3) }),
        (
            "reshape",
            { try $0.multiply($0.reshape($1[0], [10, 6]), $0.reshape($1[0], [10, 6])) }
        ), ("mean", { try $0.mean($1[0]) }), ("sum", { try $0.sum($1[0]) }),
        ("embedding", { try $0.embed(indices([3, 1, 3, 0, 6, 3], below: 7, $0.device), table: $1[0]) }),
        ("crossEntropy", { try $0.crossEntropy($1[0], indices([0, 32, 5, 5, 12], below: 33, $0.device)) }),
    ]

    static func indices(_ values: [Int32], below limit: Int, _ device: TensorDevice) throws -> Indices {
        let indices = try Indices(values.count, below: limit, on: device)
        try indices.write(values)
        return indices
    }

    @Test(arguments: TestDevice.allCases) func valuesAndGradientsArePyTorchs(_ kind: TestDevice) throws {
        let goldens = try Goldens("operators")
        let device = try kind.make()
        for (name, body) in Self.cases {
            let tape = Tape(device)
            var inputs: [Tensor] = []
            while goldens.has("\(name).in\(inputs.count)") {
                let key = "\(name).in\(inputs.count)"
                inputs.append(try tape.tensor(goldens.values(key), goldens.shape(key), needsGradient: true))
            }
            let output = try body(tape, inputs)
            #expect(output.shape == goldens.shape("\(name).out"), "\(name)")
            let values = try tape.values(of: output)
            #expect(difference(values, try goldens.values("\(name).out")) < 2e-6, "\(name)")
            let seed = try tape.tensor(goldens.values("\(name).seed"), output.shape)
            try tape.backward(from: tape.sum(tape.multiply(output, seed)))
            for (index, input) in inputs.enumerated() {
                let gradient = try #require(try tape.gradientValues(of: input), "\(name) \(index)")
                let expected = try goldens.values("\(name).grad\(index)")
                #expect(difference(gradient, expected) < 5e-6, "\(name), gradient \(index)")
            }
        }
    }

    /// The slope along a random direction, from the values alone, in double where they are added up.
    @Test func gradientsAreTheSlopesOfTheValues() throws {
        let goldens = try Goldens("operators")
        let device = try TensorDevice(.cpu)
        for (name, body) in Self.cases {
            var (points, shapes): ([[Float]], [Shape]) = ([], [])
            while goldens.has("\(name).in\(points.count)") {
                shapes.append(goldens.shape("\(name).in\(points.count)"))
                points.append(try goldens.values("\(name).in\(points.count)"))
            }
            var randomness = Randomness(seed: 5, stream: 1)
            let directions = points.map { $0.map { _ in Float(randomness.normal()) } }
            let seed = try goldens.values("\(name).seed")
            func value(_ step: Float) throws -> Double {
                let tape = Tape(device, differentiates: false)
                let moved = try zip(zip(points, directions), shapes).map { pair, shape in
                    try tape.tensor(zip(pair.0, pair.1).map { $0 + step * $1 }, shape)
                }
                let found = try tape.values(of: body(tape, moved))
                return zip(found, seed).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            }
            // ReLU and pooling have kinks: the step must not cross one.
            let step: Float = ["relu", "pool", "poolOverlap"].contains(name) ? 1e-4 : 3e-3
            let slope = try (value(step) - value(-step)) / (2 * Double(step))
            let tape = Tape(device)
            let inputs = try zip(points, shapes).map { try tape.tensor($0, $1, needsGradient: true) }
            let output = try body(tape, inputs)
            try tape.backward(from: tape.sum(tape.multiply(output, tape.tensor(seed, output.shape))))
            var expected = 0.0
            for (input, direction) in zip(inputs, directions) {
                let gradient = try #require(try tape.gradientValues(of: input))
                expected += zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            }
            #expect(abs(slope - expected) < 5e-3 * max(1, abs(expected)), "\(name): \(slope), \(expected)")
        }
    }
}
