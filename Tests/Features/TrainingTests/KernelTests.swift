import CCompute
import Glibc
import StewardCompute
import Testing

@testable import StewardTraining

@Suite(.serialized) struct KernelTests {
    /// Units in the last place between a float and the exact value.
    static func ulps(_ found: Float, _ exact: Double) -> Double {
        let nearest = Float(exact)
        guard nearest.isFinite, nearest.isNormal else { return found == nearest || abs(found) < 1e-37 ? 0 : .infinity }
        return abs(Double(found) - exact) / Double(nearest.ulp)
    }

    @Test(arguments: [0, 1, 2]) func functionsAreWithinTwoUnits(_ level: Int32) throws {
        defer { _ = steward_tensor_limit_instructions(2) }
        guard steward_tensor_limit_instructions(level) == level else { return }
        let points =
            (0..<20011).map { Float($0 - 10005) * 0.0103 } + [0, -0.0, 1e-20, 0.625, 0.927734375, 4, 3.999, -87, 88]
        var out = [Float](repeating: 0, count: points.count)
        typealias Function = (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void
        let functions: [(String, Function, (Double) -> Double)] = [
            ("exp", steward_tensor_exp, Glibc.exp), ("tanh", steward_tensor_tanh, Glibc.tanh),
            ("erf", steward_tensor_erf, Glibc.erf),
        ]
        for (name, function, exact) in functions {
            function(points, &out, points.count)
            let worst = zip(points, out).map { Self.ulps($1, exact(Double($0))) }.max()!
            #expect(worst < (level == 0 ? 3 : 2), "\(name) at level \(level): \(worst)")
        }
        let odd: [Float] = [.infinity, -.infinity, .nan]
        steward_tensor_exp(odd, &out, 3)
        #expect(out[0] == .infinity && out[1] == 0 && out[2].isNaN)
        steward_tensor_tanh(odd, &out, 3)
        #expect(out[0] == 1 && out[1] == -1 && out[2].isNaN)
        steward_tensor_erf(odd, &out, 3)
        #expect(out[0] == 1 && out[1] == -1 && out[2].isNaN)
    }

    /// Losses and weights of three steps of the small transformer with dropout.
    static func steps(_ device: TensorDevice) throws -> [[Float]] {
        let sizes = CharGPT.Configuration(vocabulary: 11, context: 9, layers: 1, heads: 2, width: 32, dropout: 0.2)
        let key = try RandomKey(seed: 9, on: device)
        let gpt = CharGPT(sizes, key: key)
        let set = try ParameterSet(gpt.parameters, on: device, seed: 4)
        let tokens = try OperatorTests.indices((0..<72).map { $0 % 11 }, below: 11, device)
        let targets = try OperatorTests.indices((0..<72).map { $0 * 7 % 11 }, below: 11, device)
        let step = TrainingStep(try Optimiser(.adamw(), for: set, limit: 1), on: device) {
            (tape) throws(ComputeError) in
            try tape.crossEntropy(gpt(tokens, batch: 8, length: 9, tape), targets)
        }
        let losses = try (0..<3).map { index in
            try key.set(seed: 9, step: UInt64(index))
            return try step.run(rate: 0.01)
        }
        return [losses] + (try set.read())
    }

    @Test func resultsAreTheSameWithOneThreadAndTwo() throws {
        defer { steward_set_threads(0) }
        steward_set_threads(1)
        let one = try Self.steps(TensorDevice(.cpu))
        steward_set_threads(2)
        let two = try Self.steps(TensorDevice(.cpu))
        #expect(one == two)
        #expect(try Self.steps(TensorDevice(.cpu)) == two)
    }

    @Test(arguments: [0, 1]) func narrowerInstructionsAgree(_ level: Int32) throws {
        let wide = try Self.steps(TensorDevice(.cpu))
        _ = steward_tensor_limit_instructions(level)
        defer { _ = steward_tensor_limit_instructions(2) }
        let narrow = try Self.steps(TensorDevice(.cpu))
        #expect(difference(narrow[0], wide[0]) < 1e-5)
    }

    @Test func cudaCDropsTheSameCells() throws {
        let c = try Self.steps(TensorDevice(.cpu))
        let cuda = try Self.steps(TensorDevice(.cpu, path: .cudaC))
        #expect(difference(cuda[0], c[0]) < 1e-5)
    }

    @Test func dropoutKeepsItsPartAndTheMean() throws {
        let device = try TensorDevice(.cpu)
        let key = try RandomKey(seed: 1, on: device)
        func drop(_ tape: Tape) throws -> [Float] {
            let ones = try tape.tensor([Float](repeating: 1, count: 40_001), [40_001])
            return try tape.values(of: tape.dropout(ones, probability: 0.3, key: key))
        }
        let first = try drop(Tape(device))
        #expect(Set(first) == [0, 1 / 0.7])
        let dropped = Double(first.count { $0 == 0 }) / 40_001
        #expect(abs(dropped - 0.3) < 0.01)
        #expect(try drop(Tape(device)) == first)
        try key.set(seed: 1, step: 1)
        #expect(try drop(Tape(device)) != first)
        #expect(try drop(Tape(device, isTraining: false)).allSatisfy { $0 == 1 })
    }

    @Test func dropoutsGradientIsThatOfTheCellsThatStay() throws {
        let device = try TensorDevice(.cpu)
        let tape = Tape(device)
        let x = try tape.tensor([Float](repeating: 2, count: 101), [101], needsGradient: true)
        let y = try tape.dropout(x, probability: 0.5, key: RandomKey(seed: 2, on: device))
        tape.retain(y)
        try tape.backward(from: tape.sum(y))
        let expected = try tape.values(of: y).map { $0 / 2 }
        #expect(try tape.gradientValues(of: x) == expected)
    }

    @Test func philoxIsTheReferences() {
        // kat_vectors of Random123: philox4x32 10.
        let ones = UInt32.max
        #expect(Randomness.philox([0, 0, 0, 0], (0, 0)) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            Randomness.philox([ones, ones, ones, ones], (ones, ones))
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    }

    @Test func shapesThatDontFitAreNamed() throws {
        let tape = Tape(try TensorDevice(.cpu))
        let a = try tape.tensor([1, 2, 3, 4, 5, 6], [2, 3])
        #expect(throws: ComputeError.self) { try tape.matmul(a, a) }
        let error = try #require(throws: ComputeError.self) { try tape.add(a, tape.tensor([1, 2], [2])) }
        #expect(error.message.contains("[2]") && error.message.contains("[2, 3]"))
        #expect(throws: ComputeError.self) { try tape.backward(from: a) }
        let indices = try Indices(2, below: 3, on: tape.device)
        let outside = try #require(throws: ComputeError.self) { try indices.write([0, 3]) }
        #expect(outside.message.contains("Index 3 at place 1"))
    }

    @Test func aGradientThatTwoUsesShareIsAddedUp() throws {
        let tape = Tape(try TensorDevice(.cpu))
        let x = try tape.tensor([1, 2, 3], [3], needsGradient: true)
        // (x + x) * x + (x - x) = 2 x^2: slope 4 x
        let twice = try tape.multiply(tape.add(x, x), x)
        try tape.backward(from: tape.sum(tape.add(twice, tape.subtract(x, x))))
        #expect(try tape.gradientValues(of: x) == [4, 8, 12])
    }
}
