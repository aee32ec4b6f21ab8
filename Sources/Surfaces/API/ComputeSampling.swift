/// Body of `POST /_platform/compute/sample`: text from a chargpt checkpoint, without training.
public struct ComputeSampling: Codable, Hashable, Sendable {
    /// As `train` was given it: the name or folder of a checkpoint, or its file.
    public var checkpoint: String
    /// What the text begins with; without it, it begins as after the end of a line.
    public var prompt: String?
    /// Characters that are written; 200 without it.
    public var length: Int?
    /// Below 1 likely characters gain, above it unlikely ones; 0: always the likeliest; 0.8 without it.
    public var temperature: Double?
    /// Only so many of the likeliest characters are drawn from.
    public var topK: Int?
    /// Where all random choices come from; the same seed gives the same text; 1 without it.
    public var seed: UInt64?
    /// `auto`, `cpu`, `cuda` or `cuda:NUMBER`; `auto` without it.
    public var device: String?
    /// How long it may take.
    public var deadline: ComputeTime?

    /// The fields that a request may have.
    public enum CodingKeys: String, CodingKey, CaseIterable {
        case checkpoint, prompt, length, temperature, seed, device, deadline
        case topK = "top_k"
    }

    /// Text from this checkpoint; the rest is set afterwards.
    public init(checkpoint: String) { self.checkpoint = checkpoint }
}

/// A `text` event of `/sample`: what was written since the last.
public struct ComputeSampleText: Codable, Hashable, Sendable {
    /// The characters; all of them in a row are the result's text.
    public var text: String

    /// Some characters.
    public init(_ text: String) { self.text = text }
}
