/// What a training tells while it runs; fields that an event doesn't have are nil.
public struct TrainingEvent: Hashable, Sendable, Codable {
    /// What happened.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The model and data are ready: `device`, `parameters`, `message`.
        case started
        /// `loss`, `learningRate`, `gradientNorm`, `perSecond`, `secondsLeft`.
        case progress
        /// `validationLoss`, and for digits `accuracy`.
        case validation
        /// `sample`
        case sample
        /// `checkpoint`
        case checkpoint
        /// The last step is done.
        case finished
        /// It was stopped before the last step.
        case stopped
    }

    /// What happened.
    public var kind: Kind
    /// Steps that are done.
    public var step: Int
    /// Steps in all.
    public var steps: Int
    /// Seconds since the start.
    public var seconds: Double
    /// The mean loss of the steps since the last report.
    public var loss: Double?
    /// The mean loss of the data that training doesn't see.
    public var validationLoss: Double?
    /// The part of the validation's digits that was told right.
    public var accuracy: Double?
    /// Of the last step.
    public var learningRate: Double?
    /// Of the last step, before it was limited.
    public var gradientNorm: Double?
    /// Characters (chargpt) or images a second since the last report.
    public var perSecond: Double?
    /// Until the last step at this pace.
    public var secondsLeft: Double?
    /// Text that the model wrote.
    public var sample: String?
    /// The file that was written.
    public var checkpoint: String?
    /// What runs where.
    public var device: String?
    /// Numbers that the model has.
    public var parameters: Int?
    /// A sentence for people.
    public var message: String?

    /// An event without details.
    public init(_ kind: Kind, step: Int, steps: Int, seconds: Double) {
        self.kind = kind
        self.step = step
        self.steps = steps
        self.seconds = seconds
    }
}
