import StewardCompute

/// A transformer that predicts the next character; shape and names are those of nanoGPT's GPT-2.
public struct CharGPT: Module {
    /// Sizes of the network.
    public struct Configuration: Hashable, Sendable, Codable {
        /// Characters that there are.
        public var vocabulary: Int
        /// Characters that it looks at.
        public var context: Int
        /// Blocks of attention and MLP.
        public var layers: Int
        /// Heads of each attention.
        public var heads: Int
        /// Cells of each character's row.
        public var width: Int
        /// The part of cells that dropout takes while training.
        public var dropout: Float

        /// Sizes of a network.
        public init(vocabulary: Int, context: Int, layers: Int, heads: Int, width: Int, dropout: Float = 0) {
            self.vocabulary = vocabulary
            self.context = context
            self.layers = layers
            self.heads = heads
            self.width = width
            self.dropout = dropout
        }
    }

    /// Its sizes.
    public let configuration: Configuration
    private let tokens: Embedding
    private let positions: Embedding
    private let blocks: [Block]
    private let norm: LayerNorm
    private let dropout: Dropout

    /// A network whose dropout draws from `key`.
    public init(_ configuration: Configuration, key: RandomKey) {
        self.configuration = configuration
        let width = configuration.width
        dropout = Dropout(configuration.dropout, key: key)
        tokens = Embedding("wte", entries: configuration.vocabulary, width: width, deviation: 0.02)
        positions = Embedding("wpe", entries: configuration.context, width: width, deviation: 0.02)
        blocks = (0..<configuration.layers).map { [dropout] in Block("h.\($0)", configuration, dropout) }
        norm = LayerNorm("ln_f", width: width)
    }

    /// All of them, each once.
    public var parameters: [Parameter] {
        tokens.parameters + positions.parameters + blocks.flatMap(\.parameters) + norm.parameters
    }

    /// `batch` rows of `length` tokens to logits [batch * length, vocabulary].
    public func callAsFunction(
        _ indices: Indices, batch: Int, length: Int, _ tape: Tape
    ) throws(ComputeError) -> Tensor {
        let width = configuration.width
        let places = try tape.slice(positions.weight.tensor, axis: 0, 0..<length)
        let embedded = try tape.reshape(tokens(indices, tape), [batch, length, width])
        var x = try dropout(tape.add(embedded, places), tape)
        for block in blocks { x = try block(x, tape) }
        x = try tape.reshape(norm(x, tape), [batch * length, width])
        return try tape.linear(x, weight: tokens.weight.tensor, bias: nil)
    }

    /// Attention and MLP, each after a layer norm and added to what came in.
    private struct Block: Module {
        let before: LayerNorm
        let attention: Linear
        let projection: Linear
        let between: LayerNorm
        let wide: Linear
        let narrow: Linear
        let heads: Int
        let dropout: Dropout

        init(_ name: String, _ sizes: Configuration, _ dropout: Dropout) {
            let usual = Parameter.Start.normal(deviation: 0.02)
            // Residual layers begin smaller, by how many there are (GPT-2).
            let residual = Parameter.Start.normal(deviation: 0.02 / Float(2 * sizes.layers).squareRoot())
            let width = sizes.width
            heads = sizes.heads
            self.dropout = dropout
            before = LayerNorm("\(name).ln_1", width: width)
            attention = Linear("\(name).attn.c_attn", inputs: width, outputs: 3 * width, start: usual)
            projection = Linear("\(name).attn.c_proj", inputs: width, outputs: width, start: residual)
            between = LayerNorm("\(name).ln_2", width: width)
            wide = Linear("\(name).mlp.c_fc", inputs: width, outputs: 4 * width, start: usual)
            narrow = Linear("\(name).mlp.c_proj", inputs: 4 * width, outputs: width, start: residual)
        }

        var parameters: [Parameter] {
            let modules: [any Module] = [before, attention, projection, between, wide, narrow]
            return modules.flatMap(\.parameters)
        }

        func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
            let mixed = try tape.attention(attention(before(x, tape), tape), heads: heads)
            let attended = try tape.add(x, dropout(projection(mixed, tape), tape))
            let activated = try tape.activate(wide(between(attended, tape), tape), .gelu)
            return try tape.add(attended, dropout(narrow(activated, tape), tape))
        }
    }
}
