import StewardCompute

/// Text from a checkpoint, without training: `try Sampling(settings).run { print($0) }`.
public struct Sampling: Sendable {
    /// What was written.
    public struct Sample: Hashable, Sendable, Codable {
        /// The checkpoint's file.
        public var checkpoint: String
        /// After how many steps of training it was written.
        public var step: Int
        /// Where the model ran: `cpu`, `cuda:0`.
        public var device: String
        /// What it began with.
        public var prompt: String
        /// What the model wrote after it.
        public var text: String
    }

    /// What it follows from.
    public let settings: SamplingSettings

    /// - Throws: ``TrainingError/Code/setting`` that names the first field out of its range.
    public init(_ settings: SamplingSettings) throws(TrainingError) {
        if let problem = settings.problems().first { throw problem }
        self.settings = settings
    }

    /// Looks whether the checkpoint and the prompt can be used, without a device.
    /// - Throws: as ``run(isCancelled:_:)``.
    public func check() throws(TrainingError) { _ = try start(StoredCharGPT(settings.checkpoint)) }

    /// Writes in the caller's thread, until `isCancelled` says so between two characters; `onCharacter` gets each as it comes.
    /// - Throws: ``TrainingError/Code/checkpoint`` about a checkpoint that is damaged or of another model,
    ///   ``TrainingError/Code/setting`` about characters of the prompt that the model doesn't know.
    public func run(
        isCancelled: () -> Bool = { false }, _ onCharacter: (Unicode.Scalar) -> Void
    ) throws(TrainingError) -> Sample {
        try run(on: .native, isCancelled: isCancelled, onCharacter)
    }

    /// The same for one who waits for all of the text.
    public func run() throws(TrainingError) -> Sample { try run { _ in } }

    func run(
        on path: TensorDevice.Path, isCancelled: () -> Bool = { false },
        _ onCharacter: (Unicode.Scalar) -> Void = { _ in }
    ) throws(TrainingError) -> Sample {
        let stored = try StoredCharGPT(settings.checkpoint)
        var tokens = try start(stored)
        let device = try onDevice { () throws(ComputeError) in
            try TensorDevice(Device.Wish(settings.device), path: path)
        }
        let model = try stored.model(on: device)
        let writer = try onDevice { () throws(ComputeError) in try CharGPTWriter(model, on: device) }
        let choice = CharacterChoice(temperature: settings.temperature, topK: settings.topK)
        var randomness = Randomness(seed: settings.seed, stream: RandomStream.samples)
        var text = String.UnicodeScalarView()
        while text.count < settings.length, !isCancelled() {
            let next = try onDevice { () throws(ComputeError) in try writer.next(after: tokens, choice, &randomness) }
            guard let next else {
                throw Safetensors.refuse(stored.path, "its weights give numbers that are not finite")
            }
            tokens.append(next)
            let character = stored.vocabulary.characters[Int(next)]
            text.append(character)
            onCharacter(character)
        }
        return Sample(
            checkpoint: stored.path, step: stored.step, device: device.device.info.id, prompt: settings.prompt,
            text: String(text))
    }

    /// The prompt's tokens; without a prompt the end of a line, or the first character that there is.
    private func start(_ stored: StoredCharGPT) throws(TrainingError) -> [Int32] {
        let scalars = Array(settings.prompt.unicodeScalars)
        guard !scalars.isEmpty else {
            let line = stored.vocabulary.tokens("\n".unicodeScalars)
            return line.isEmpty ? [0] : line
        }
        if let place = scalars.firstIndex(where: { stored.vocabulary.tokens([$0]).isEmpty }) {
            let digits = String(scalars[place].value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            let known = stored.vocabulary.characters.prefix(120).map { $0.escaped(asASCII: false) }.joined()
            let more = stored.vocabulary.count > 120 ? "..." : ""
            throw TrainingError(
                .setting,
                "Character \(place + 1) of the prompt, '\(scalars[place].escaped(asASCII: false))' (U+\(code)), was not in "
                    + "the text that the model was trained on: use others. It knows \(known)\(more)", field: "prompt")
        }
        return stored.vocabulary.tokens(scalars)
    }
}
