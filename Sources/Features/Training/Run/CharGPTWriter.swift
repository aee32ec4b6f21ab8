import Glibc
import StewardCompute

/// How the next character is chosen among the model's chances.
struct CharacterChoice {
    var temperature = 0.8
    /// Only so many of the likeliest; nil: all.
    var topK: Int?

    /// A token.
    func draw(_ logits: ArraySlice<Float>, _ randomness: inout Randomness) -> Int32 {
        let highest = logits.max() ?? 0
        guard temperature > 0 else { return Int32((logits.firstIndex(of: highest) ?? 0) - logits.startIndex) }
        var chances = logits.map { exp(Double($0 - highest) / temperature) }
        if let topK, topK < chances.count {
            let order = chances.indices.sorted { (chances[$1], $0) < (chances[$0], $1) }
            for token in order.dropFirst(topK) { chances[token] = 0 }
        }
        var left = randomness.uniform() * chances.reduce(0, +)
        for (token, chance) in chances.enumerated() {
            left -= chance
            if left < 0 { return Int32(token) }
        }
        return Int32(chances.lastIndex { $0 > 0 } ?? chances.count - 1)
    }
}

/// A character model that writes: one pass over what it looks at for each character.
final class CharGPTWriter {
    private let plan: EvaluationPlan
    private let inputs: Indices
    private let context: Int
    private let vocabulary: Int

    /// The model's parameters must have their memory on the device.
    init(_ model: CharGPT, on device: TensorDevice) throws(ComputeError) {
        let context = model.configuration.context
        let inputs = try Indices(context, below: model.configuration.vocabulary, on: device)
        plan = try EvaluationPlan(device) { (tape) throws(ComputeError) in
            try model(inputs, batch: 1, length: context, tape)
        }
        self.inputs = inputs
        self.context = context
        vocabulary = model.configuration.vocabulary
    }

    /// The token after these, of which there is one at least; nil where the model's numbers are not finite.
    func next(
        after tokens: [Int32], _ choice: CharacterChoice, _ randomness: inout Randomness
    ) throws(ComputeError) -> Int32? {
        let seen = Array(tokens.suffix(context))
        // What stands behind the last token doesn't reach it: attention looks back only.
        try inputs.write(seen + [Int32](repeating: 0, count: context - seen.count))
        let row = (seen.count - 1) * vocabulary
        let logits = try plan.run()[row..<row + vocabulary]
        guard logits.allSatisfy(\.isFinite) else { return nil }
        return choice.draw(logits, &randomness)
    }
}
