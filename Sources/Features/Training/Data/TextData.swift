/// A text as numbers: what a character model is trained on and judged by.
public struct TextData: Sendable {
    /// The characters that there are, in the order of their numbers.
    public let vocabulary: Vocabulary
    /// The text's beginning, which training sees.
    public let training: [Int32]
    /// Its end, which training doesn't see.
    public let validation: [Int32]
    /// A number that differs for other texts.
    public let fingerprint: UInt64

    /// Reads a file, or all files of a folder in the order of their paths (hidden ones are left out).
    /// - Throws: ``TrainingError/Code/data`` for data that are missing, empty, not text (with the byte's place), or too
    ///   short for the context.
    public init(path: String, validationPart: Double, context: Int) throws(TrainingError) {
        var text = ""
        for file in try TextFiles.list(path) { text += try TextFiles.read(file) }
        try self.init(text, name: path, validationPart: validationPart, context: context)
    }

    /// The same for a text that is there.
    public init(
        _ text: String, name: String = "text", validationPart: Double, context: Int
    ) throws(TrainingError) {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > context + 1 else {
            throw TrainingError(
                .data,
                "\(name) has \(scalars.count) characters, and a context of \(context) takes \(context + 2) at least: "
                    + "give more text or a shorter context.", field: "data")
        }
        vocabulary = Vocabulary(scalars)
        let tokens = vocabulary.tokens(scalars)
        let length = Int(Double(tokens.count) * validationPart)
        // What is too short to judge by is better trained on.
        let kept = length > context + 1 && tokens.count - length > context + 1 ? length : 0
        training = Array(tokens.dropLast(kept))
        validation = Array(tokens.suffix(kept))
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for scalar in scalars { hash = (hash ^ UInt64(scalar.value)) &* 0x100_0000_01b3 }
        fingerprint = hash
    }

    /// `batch` places drawn from `tokens`: what stands there, and what stands one character on.
    static func draw(
        _ tokens: [Int32], batch: Int, context: Int, _ randomness: inout Randomness
    ) -> (inputs: [Int32], targets: [Int32]) {
        var (inputs, targets): ([Int32], [Int32]) = ([], [])
        for _ in 0..<batch {
            let start = randomness.below(tokens.count - context)
            inputs += tokens[start..<start + context]
            targets += tokens[start + 1..<start + context + 1]
        }
        return (inputs, targets)
    }
}

/// The characters (Unicode scalars) of a text, numbered in their order.
public struct Vocabulary: Hashable, Sendable {
    /// By number.
    public let characters: [Unicode.Scalar]
    private let numbers: [Unicode.Scalar: Int32]

    /// Those that occur.
    public init(_ scalars: some Sequence<Unicode.Scalar>) {
        characters = Set(scalars).sorted()
        numbers = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, Int32($0)) })
    }

    /// How many there are.
    public var count: Int { characters.count }

    /// The numbers of a text's characters; those that it doesn't know are left out.
    public func tokens(_ scalars: some Sequence<Unicode.Scalar>) -> [Int32] { scalars.compactMap { numbers[$0] } }

    /// The text of numbers.
    public func text(_ tokens: some Sequence<Int32>) -> String {
        var result = String.UnicodeScalarView()
        for token in tokens { result.append(characters[Int(token)]) }
        return String(result)
    }
}
