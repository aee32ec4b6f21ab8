import StewardCompute

/// The character model and its text.
final class CharGPTTask: TrainingTask {
    let set: ParameterSet
    private let settings: TrainingSettings
    private let data: TextData
    private let device: TensorDevice
    private let model: CharGPT
    private let key: RandomKey
    private let inputs: Indices
    private let targets: Indices
    private var judge: EvaluationPlan?
    private var writer: CharGPTWriter?

    init(_ settings: TrainingSettings, on device: TensorDevice) throws(TrainingError) {
        self.settings = settings
        self.device = device
        let (part, context) = (settings.validationPart, settings.context)
        if let text = settings.text {
            data = try TextData(text, validationPart: part, context: context)
        } else {
            data = try TextData(path: settings.data ?? "", validationPart: part, context: context)
        }
        let sizes = CharGPT.Configuration(
            vocabulary: data.vocabulary.count, context: context, layers: settings.layers, heads: settings.heads,
            width: settings.width, dropout: Float(settings.dropout))
        (key, model, set, inputs, targets) = try onDevice { () throws(ComputeError) in
            let key = try RandomKey(seed: settings.seed, on: device)
            let model = CharGPT(sizes, key: key)
            let (count, limit) = (settings.batch * context, sizes.vocabulary)
            return (
                key, model, try ParameterSet(model.parameters, on: device, seed: settings.seed),
                try Indices(count, below: limit, on: device), try Indices(count, below: limit, on: device)
            )
        }
    }

    var itemsPerStep: Int { settings.batch * settings.context }

    var summary: String {
        "chargpt: \(set.count) numbers, \(data.training.count) characters to train on, \(data.validation.count) to judge "
            + "by, \(data.vocabulary.count) different ones"
    }

    var identity: [String: String] {
        [
            "context": "\(settings.context)", "layers": "\(settings.layers)", "heads": "\(settings.heads)",
            "width": "\(settings.width)", "dropout": "\(settings.dropout)",
            "vocabulary": data.vocabulary.text(0..<Int32(data.vocabulary.count)),
            "data": String(data.fingerprint, radix: 16), "validationPart": "\(settings.validationPart)",
        ]
    }

    func prepare(step: Int) throws(ComputeError) {
        var randomness = Randomness(seed: settings.seed, stream: RandomStream.batches + UInt64(step))
        try fill(data.training, &randomness)
        try key.set(seed: settings.seed, step: UInt64(step))
    }

    private func fill(_ tokens: [Int32], _ randomness: inout Randomness) throws(ComputeError) {
        let batch = TextData.draw(tokens, batch: settings.batch, context: settings.context, &randomness)
        try inputs.write(batch.inputs)
        try targets.write(batch.targets)
    }

    func loss(_ tape: Tape) throws(ComputeError) -> Tensor {
        let logits = try model(inputs, batch: settings.batch, length: settings.context, tape)
        return try tape.crossEntropy(logits, targets)
    }

    func validate(_ isCancelled: () -> Bool) throws(ComputeError) -> Validation? {
        guard !data.validation.isEmpty else { return nil }
        let batches = min(16, max(1, data.validation.count / itemsPerStep))
        var sum = 0.0
        for batch in 0..<batches {
            if isCancelled() { return nil }
            var randomness = Randomness(seed: settings.seed, stream: RandomStream.validation + UInt64(batch))
            try fill(data.validation, &randomness)
            if judge == nil { judge = try EvaluationPlan(device) { (tape) throws(ComputeError) in try loss(tape) } }
            sum += Double(try judge!.run()[0])
        }
        return Validation(loss: sum / Double(batches))
    }

    func sample(step: Int, _ isCancelled: () -> Bool) throws(ComputeError) -> String? {
        if writer == nil { writer = try CharGPTWriter(model, on: device) }
        let start = data.vocabulary.tokens("\n".unicodeScalars)
        var tokens = start.isEmpty ? [data.training[0]] : start
        var randomness = Randomness(seed: settings.seed, stream: RandomStream.samples + UInt64(step))
        for _ in 0..<settings.sampleLength {
            guard !isCancelled(), let next = try writer!.next(after: tokens, CharacterChoice(), &randomness) else {
                break
            }
            tokens.append(next)
        }
        return data.vocabulary.text(tokens.dropFirst())
    }
}
