/// Body of `POST /_platform/compute/train`. What is left out is the model's usual setting.
public struct ComputeTraining: Codable, Hashable, Sendable {
    /// `chargpt`, `mlp` or `cnn`.
    public var model: String
    /// A file or folder on the machine that trains.
    public var data: String?
    /// The text itself, for `chargpt`, instead of `data`.
    public var text: String?
    /// `auto`, `cpu`, `cuda` or `cuda:NUMBER`.
    public var device: String?
    /// `fp32`, or `tf32` for a GPU that may round the factors of its products.
    public var precision: String?
    /// Updates in all, those before a resumed checkpoint included.
    public var steps: Int?
    /// Examples a step.
    public var batch: Int?
    /// Characters that `chargpt` looks at.
    public var context: Int?
    /// Blocks of `chargpt`.
    public var layers: Int?
    /// Attention heads of `chargpt`.
    public var heads: Int?
    /// Width of `chargpt`, of the hidden layer of `mlp`.
    public var width: Int?
    /// The part of cells that dropout takes.
    public var dropout: Double?
    /// The highest learning rate.
    public var learningRate: Double?
    /// `constant`, `cosine` or `step`.
    public var schedule: String?
    /// Steps until the learning rate is reached.
    public var warmUp: Int?
    /// AdamW's weight decay.
    public var weightDecay: Double?
    /// The largest norm of the gradient; 0: no limit.
    public var clip: Double?
    /// Where all random choices come from; the same seed gives the same losses.
    public var seed: UInt64?
    /// The part of the data that validation takes.
    public var validationPart: Double?
    /// The folder for checkpoints on the machine that trains, or a name in the server's own; none are written without it.
    public var checkpoint: String?
    /// Steps between two checkpoints.
    public var checkpointEvery: Int?
    /// Whether it goes on from the folder's checkpoint.
    public var resume: Bool?
    /// Whether it may replace the checkpoint of an earlier training in the folder.
    public var overwrite: Bool?
    /// Steps between two reports.
    public var reportEvery: Int?
    /// Steps between two validations; 0: none.
    public var validateEvery: Int?
    /// Steps between two samples; 0: only at the end.
    public var sampleEvery: Int?
    /// Characters of a sample.
    public var sampleLength: Int?
    /// How long it may take.
    public var deadline: ComputeTime?

    /// The fields that a request may have.
    public enum CodingKeys: String, CodingKey, CaseIterable {
        case model, data, text, device, precision, steps, batch, context, layers, heads, width, dropout, schedule, clip,
            seed
        case checkpoint, resume, overwrite, deadline
        case learningRate = "learning_rate"
        case warmUp = "warm_up"
        case weightDecay = "weight_decay"
        case validationPart = "validation_part"
        case checkpointEvery = "checkpoint_every"
        case reportEvery = "report_every"
        case validateEvery = "validate_every"
        case sampleEvery = "sample_every"
        case sampleLength = "sample_length"
    }

    /// A training; the rest is set afterwards.
    public init(model: String) { self.model = model }
}

/// What a training tells while it runs: a server-sent event, a line of `steward compute train --json`.
public struct ComputeTrainingEvent: Codable, Hashable, Sendable {
    /// `started`, `progress`, `validation`, `sample`, `checkpoint`, `finished` or `stopped`.
    public var event: String
    /// Steps that are done.
    public var step: Int
    /// Steps in all.
    public var steps: Int
    /// Seconds since the start.
    public var seconds: Double
    /// The mean loss of the steps since the last report.
    public var loss: Double?
    /// The loss on data that training doesn't see.
    public var validationLoss: Double?
    /// The part of the validation's digits that was told right.
    public var accuracy: Double?
    /// The learning rate.
    public var learningRate: Double?
    /// Of the last step, before it was limited.
    public var gradientNorm: Double?
    /// Characters or images a second.
    public var perSecond: Double?
    /// Until the last step at this pace.
    public var secondsLeft: Double?
    /// Text that the model wrote.
    public var sample: String?
    /// The file that was written.
    public var checkpoint: String?
    /// Where it runs.
    public var device: String?
    /// Numbers that the model has.
    public var parameters: Int?
    /// A sentence for people.
    public var message: String?

    enum CodingKeys: String, CodingKey {
        case event, step, steps, seconds, loss, accuracy, sample, checkpoint, device, parameters, message
        case validationLoss = "validation_loss"
        case learningRate = "learning_rate"
        case gradientNorm = "gradient_norm"
        case perSecond = "per_second"
        case secondsLeft = "seconds_left"
    }

    /// An event without details.
    public init(event: String, step: Int, steps: Int, seconds: Double) {
        self.event = event
        self.step = step
        self.steps = steps
        self.seconds = seconds
    }
}

/// An event of `/train` and `/sample` before the computation begins: it waits for a GPU.
public struct ComputeWaiting: Codable, Hashable, Sendable {
    /// Its place among those who wait; 1 is the next.
    public var position: Int
    /// Why it waits, in words.
    public var reason: String

    /// A place.
    public init(position: Int, reason: String) {
        self.position = position
        self.reason = reason
    }
}
