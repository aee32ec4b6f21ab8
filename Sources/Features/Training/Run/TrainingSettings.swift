import StewardCompute

/// Everything that a training follows from; the same settings and data give the same losses.
public struct TrainingSettings: Hashable, Sendable, Codable {
    /// What is trained.
    public enum Model: String, Hashable, Sendable, Codable, CaseIterable {
        /// A transformer that predicts the next character of a text.
        case chargpt
        /// Linear layers that tell digits apart.
        case mlp
        /// Convolutions that tell digits apart.
        case cnn
    }

    /// How the learning rate changes.
    public enum Course: String, Hashable, Sendable, Codable, CaseIterable {
        /// Not at all.
        case constant
        /// Rises over `warmUp` steps, then falls along a cosine to a tenth.
        case cosine
        /// A tenth after each third of the steps.
        case step
    }

    /// How exactly a GPU multiplies.
    public enum Precision: String, Hashable, Sendable, Codable, CaseIterable {
        /// All 24 bits of each factor.
        case fp32
        /// 11 bits of each factor, sums in fp32: several times as fast on GPUs since Ampere. Processors keep to fp32.
        case tf32
    }

    /// What is trained.
    public var model: Model
    /// chargpt: a text file or a folder of them. mlp and cnn: a folder with MNIST's IDX files, or nil for drawn digits.
    public var data: String?
    /// chargpt: the text itself, instead of `data`.
    public var text: String?
    /// `auto`, `cpu`, `cuda` or `cuda:NUMBER`.
    public var device = "auto"
    /// How exactly a GPU multiplies.
    public var precision = Precision.fp32
    /// Updates in all.
    public var steps = 1000
    /// Examples a step.
    public var batch: Int
    /// Characters that chargpt looks at.
    public var context = 64
    /// Blocks of chargpt.
    public var layers = 4
    /// Attention heads of chargpt.
    public var heads = 4
    /// Cells of each character's row (chargpt), of the hidden layer (mlp).
    public var width: Int
    /// The part of cells that chargpt's dropout takes.
    public var dropout = 0.0
    /// The highest learning rate.
    public var learningRate: Double
    /// How the learning rate changes.
    public var schedule = Course.cosine
    /// Steps until the learning rate is reached (cosine).
    public var warmUp = 0
    /// AdamW's weight decay.
    public var weightDecay = 0.01
    /// The largest norm of the gradient; 0: no limit.
    public var clip = 1.0
    /// Where all random choices come from.
    public var seed: UInt64 = 1
    /// The part of the data that validation takes, and training doesn't.
    public var validationPart = 0.1
    /// The folder that checkpoints are written to; nil: none are.
    public var checkpoints: String?
    /// Steps between checkpoints; one is written at the end and when the training is stopped, too.
    public var checkpointEvery = 500
    /// Goes on from the folder's checkpoint.
    public var resume = false
    /// Whether the first checkpoint may replace that of an earlier training.
    public var overwrite = false
    /// Steps between reports.
    public var reportEvery = 10
    /// Steps between validations; 0: none.
    public var validateEvery = 100
    /// Steps between samples of text (chargpt); 0: none but at the end.
    public var sampleEvery = 250
    /// Characters of a sample.
    public var sampleLength = 200

    /// The usual settings for a model.
    public init(_ model: Model, data: String? = nil) {
        self.model = model
        self.data = data
        batch = model == .chargpt ? 16 : model == .mlp ? 128 : 64
        width = model == .mlp ? 512 : 128
        learningRate = 1e-3
        steps = model == .chargpt ? 1000 : 500
    }

    /// Every setting that is out of its range: the field, and a sentence with the range.
    public func problems() -> [TrainingError] {
        var found: [TrainingError] = []
        func check(_ field: String, _ value: some CustomStringConvertible, _ isFine: Bool, _ range: String) {
            if !isFine {
                found.append(TrainingError(.setting, "\(field) is \(value): it must be \(range).", field: field))
            }
        }
        check("steps", steps, (1...100_000_000).contains(steps), "1 to 100000000")
        check("batch", batch, (1...65_536).contains(batch), "1 to 65536")
        check("learningRate", learningRate, learningRate > 0 && learningRate <= 10, "above 0 and at most 10")
        check("warmUp", warmUp, warmUp >= 0 && warmUp <= steps, "0 to the number of steps, \(steps)")
        check("weightDecay", weightDecay, (0...10).contains(weightDecay), "0 to 10")
        check("clip", clip, (0...1e6).contains(clip), "0 (no limit) to 1000000")
        check("validationPart", validationPart, (0...0.9).contains(validationPart), "0 to 0.9")
        check("checkpointEvery", checkpointEvery, checkpointEvery >= 1, "1 or more")
        check("reportEvery", reportEvery, reportEvery >= 1, "1 or more")
        check("validateEvery", validateEvery, validateEvery >= 0, "0 (never) or more")
        check("sampleEvery", sampleEvery, sampleEvery >= 0, "0 (never) or more")
        check("sampleLength", sampleLength, (1...100_000).contains(sampleLength), "1 to 100000")
        check("width", width, (1...16_384).contains(width), "1 to 16384")
        check(
            "resume", resume, !resume || checkpoints != nil,
            "false, or `checkpoints` must name the folder to go on from")
        check("overwrite", overwrite, !overwrite || !resume, "false where `resume` goes on from the checkpoint")
        if (try? Device.Wish(device)) == nil { check("device", device, false, "auto, cpu, cuda or cuda:NUMBER") }
        guard model == .chargpt else { return found }
        let source = data ?? (text == nil ? "missing" : "given beside text")
        check("data", source, (data == nil) != (text == nil), "a text file or a folder of them, or text must be given")
        check("context", context, (1...4096).contains(context), "1 to 4096")
        check("layers", layers, (1...96).contains(layers), "1 to 96")
        check("heads", heads, heads >= 1 && width % heads == 0, "1 or more, and divide the width, \(width)")
        check("dropout", dropout, (0..<1).contains(dropout), "0 to below 1")
        return found
    }

    /// The course of the learning rate in numbers.
    public var rates: Schedule {
        switch schedule {
        case .constant: .constant
        case .cosine: .cosine(warmUp: warmUp, steps: steps, floor: 0.1)
        case .step: .step(every: (steps + 2) / 3, factor: 0.1)
        }
    }
}
