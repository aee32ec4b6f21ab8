import StewardCompute

/// Everything that a sample of text follows from: the same settings give the same text on the same device.
public struct SamplingSettings: Hashable, Sendable, Codable {
    /// The checkpoint's file, or its folder.
    public var checkpoint: String
    /// What the text begins with; empty: as after the end of a line.
    public var prompt = ""
    /// Characters that are written.
    public var length = 200
    /// 1: by the model's chances; below it likely ones gain, above unlikely ones; 0: always the likeliest.
    public var temperature = 0.8
    /// Only so many of the likeliest characters are drawn from; nil: all.
    public var topK: Int?
    /// Where all random choices come from.
    public var seed: UInt64 = 1
    /// `auto`, `cpu`, `cuda` or `cuda:NUMBER`.
    public var device = "auto"

    /// The usual settings for a checkpoint.
    public init(_ checkpoint: String, prompt: String = "") {
        self.checkpoint = checkpoint
        self.prompt = prompt
    }

    /// Every setting that is out of its range: the field, and a sentence with the range.
    public func problems() -> [TrainingError] {
        var found: [TrainingError] = []
        func check(_ field: String, _ value: some CustomStringConvertible, _ isFine: Bool, _ range: String) {
            if !isFine {
                found.append(TrainingError(.setting, "\(field) is \(value): it must be \(range).", field: field))
            }
        }
        check("length", length, (1...1_000_000).contains(length), "1 to 1000000")
        check(
            "temperature", temperature, temperature == 0 || (0.01...100).contains(temperature),
            "0 (always the likeliest) or 0.01 to 100")
        if let topK { check("topK", topK, topK >= 1, "1 or more") }
        if (try? Device.Wish(device)) == nil { check("device", device, false, "auto, cpu, cuda or cuda:NUMBER") }
        return found
    }
}
