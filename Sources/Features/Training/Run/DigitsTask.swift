import Glibc
import StewardCompute

/// A model that tells digits apart, and its images.
final class DigitsTask: TrainingTask {
    let set: ParameterSet
    private let settings: TrainingSettings
    private let device: TensorDevice
    private let training: any DigitSource
    private let validation: any DigitSource
    private let forward: (Tensor, Tape) throws(ComputeError) -> Tensor
    private let images: Input
    private let labels: Indices
    private var judge: EvaluationPlan?

    /// Digits that are drawn where no data are given.
    static let drawnCount = 4096

    init(_ settings: TrainingSettings, on device: TensorDevice) throws(TrainingError) {
        self.settings = settings
        self.device = device
        (training, validation) = try Self.load(settings)
        let (side, batch) = (training.side, settings.batch)
        let modules: any Module
        switch settings.model {
        case .cnn:
            let cnn = CNN(side: side)
            (modules, forward) = (cnn, { (x, tape) throws(ComputeError) in try cnn(x, tape) })
        default:
            let mlp = MLP(widths: [side * side, settings.width, 10])
            (modules, forward) = (mlp, { (x, tape) throws(ComputeError) in try mlp(x, tape) })
        }
        let shape: Shape = settings.model == .cnn ? [batch, 1, side, side] : [batch, side * side]
        (set, images, labels) = try onDevice { () throws(ComputeError) in
            (
                try ParameterSet(modules.parameters, on: device, seed: settings.seed),
                try Input(shape, on: device), try Indices(batch, below: 10, on: device)
            )
        }
    }

    private static func load(_ settings: TrainingSettings) throws(TrainingError) -> (any DigitSource, any DigitSource) {
        if let folder = settings.data {
            return (try Digits.read(folder: folder, part: "train"), try Digits.read(folder: folder, part: "t10k"))
        }
        let kept = Int(Double(drawnCount) * settings.validationPart)
        let (training, validation) = (0..<drawnCount - kept, drawnCount - kept..<drawnCount)
        return (DrawnDigits(training, seed: settings.seed), DrawnDigits(validation, seed: settings.seed))
    }

    var itemsPerStep: Int { settings.batch }

    var summary: String {
        "\(settings.model.rawValue): \(set.count) numbers, \(training.count) \(settings.data == nil ? "drawn " : "")digits "
            + "to train on, \(validation.count) to judge by"
    }

    var identity: [String: String] {
        var identity = ["side": "\(training.side)", "images": "\(training.count)", "data": training.identity]
        if settings.model == .mlp { identity["width"] = "\(settings.width)" }
        return identity
    }

    func prepare(step: Int) throws(ComputeError) {
        var randomness = Randomness(seed: settings.seed, stream: RandomStream.batches + UInt64(step))
        try fill(training, (0..<settings.batch).map { _ in randomness.below(training.count) })
    }

    /// - Returns: the digits' classes.
    @discardableResult
    private func fill(_ digits: any DigitSource, _ places: [Int]) throws(ComputeError) -> [Int32] {
        let batch = digits.batch(places)
        try images.write(batch.pixels)
        try labels.write(batch.labels)
        return batch.labels
    }

    func loss(_ tape: Tape) throws(ComputeError) -> Tensor {
        try tape.crossEntropy(forward(images.tensor, tape), labels)
    }

    func validate(_ isCancelled: () -> Bool) throws(ComputeError) -> Validation? {
        let batches = min(32, validation.count / settings.batch)
        guard batches > 0 else { return nil }
        var (loss, right) = (0.0, 0)
        for batch in 0..<batches {
            if isCancelled() { return nil }
            let places = Array(batch * settings.batch..<(batch + 1) * settings.batch)
            let classes = try fill(validation, places)
            if judge == nil {
                judge = try EvaluationPlan(device) { (tape) throws(ComputeError) in try forward(images.tensor, tape) }
            }
            let (sum, count) = Self.score(try judge!.run(), classes)
            loss += sum
            right += count
        }
        let count = Double(batches * settings.batch)
        return Validation(loss: loss / count, accuracy: Double(right) / count)
    }

    /// The sum of the losses, and how many digits are told right.
    private static func score(_ logits: [Float], _ labels: [Int32]) -> (loss: Double, right: Int) {
        var (loss, right) = (0.0, 0)
        for (row, label) in labels.enumerated() {
            let scores = logits[row * 10..<(row + 1) * 10].map(Double.init)
            let highest = scores.max() ?? 0
            loss += highest + log(scores.reduce(0) { $0 + exp($1 - highest) }) - scores[Int(label)]
            right += scores.firstIndex(of: highest) == Int(label) ? 1 : 0
        }
        return (loss, right)
    }

    func sample(step: Int, _ isCancelled: () -> Bool) throws(ComputeError) -> String? { nil }
}
