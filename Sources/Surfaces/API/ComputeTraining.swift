/// Body of `POST /_platform/compute/train`, and what `steward compute train` asks for. What is left out is the model's own
/// choice.
public struct ComputeTraining: Codable, Hashable, Sendable {
    /// `chargpt`, `mlp` or `cnn`.
    public var model: String
    /// A file or folder on the machine that trains.
    public var data: String?
    /// The text itself, for `chargpt`, instead of `data`.
    public var text: String?
    /// `auto`, `cpu`, `cuda` or `cuda:NUMBER`.
    public var device: String?
    /// Steps in all, those of a resumed checkpoint included.
    public var steps: Int?
    /// Examples a step.
    public var batch: Int?
    /// The learning rate at its height.
    public var rate: Double?
    /// What random numbers begin with; the same seed gives the same losses.
    public var seed: UInt64?
    /// Characters that `chargpt` looks back.
    public var context: Int?
    /// Layers of `chargpt`.
    public var layers: Int?
    /// Heads of `chargpt`.
    public var heads: Int?
    /// Width of `chargpt`.
    public var width: Int?
    /// The folder for checkpoints on the machine that trains; none are written without it.
    public var checkpoint: String?
    /// Steps between two checkpoints.
    public var every: Int?
    /// Whether it goes on from the newest checkpoint of the folder.
    public var resume: Bool?
    /// Characters of a sample at the end.
    public var sample: Int?
    /// How long it may take.
    public var deadline: ComputeTime?

    /// The fields that a request may have.
    public enum CodingKeys: String, CodingKey, CaseIterable {
        case model, data, text, device, steps, batch, rate, seed, context, layers, heads, width, checkpoint, every,
            resume
        case sample, deadline
    }

    /// A training; the rest is set afterwards.
    public init(model: String) { self.model = model }
}
