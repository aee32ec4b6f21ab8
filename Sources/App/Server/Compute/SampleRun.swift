import StewardAPI
import StewardTraining

/// Text from a checkpoint in a child process: tells it as it is written, a few characters at a time.
struct SampleRun {
    let order: ComputeSampling

    /// Between two messages; a small model writes a character in much less.
    private static let pause = Duration.milliseconds(50)

    /// Writes; the result has all of the text.
    /// - Throws: `TrainingError`.
    func run(tell: (ComputeSampleText) -> Void) throws(TrainingError) -> Sampling.Sample {
        let clock = ContinuousClock()
        var last: ContinuousClock.Instant?
        var piece = ""
        let sample = try Sampling(SamplingSettings(order)).run { character in
            piece.unicodeScalars.append(character)
            let now = clock.now
            guard last.map({ now - $0 >= Self.pause }) ?? true else { return }
            tell(ComputeSampleText(piece))
            (piece, last) = ("", now)
        }
        if !piece.isEmpty { tell(ComputeSampleText(piece)) }
        return sample
    }
}

extension SamplingSettings {
    /// What a request asks for; what it leaves out is as usual.
    package init(_ order: ComputeSampling) {
        self.init(order.checkpoint, prompt: order.prompt ?? "")
        length = order.length ?? length
        temperature = order.temperature ?? temperature
        topK = order.topK
        seed = order.seed ?? seed
        device = order.device ?? device
    }
}
