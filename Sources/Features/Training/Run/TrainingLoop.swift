import StewardCompute

/// Steps, reports, validations, samples and checkpoints of one training.
final class TrainingLoop {
    private let settings: TrainingSettings
    private let device: TensorDevice
    private let task: any TrainingTask
    private let optimiser: Optimiser
    private let step: TrainingStep
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var curve = LossCurve()
    private let hold: CheckpointHold?
    /// The step of the last checkpoint, written or gone on from.
    private var kept = 0
    /// What is other than in the training that this one goes on from.
    private var changes: [String] = []

    /// How long the training before may take to end, where this one goes on from its checkpoint.
    private static let patience = Duration.seconds(12)

    init(_ settings: TrainingSettings, path: TensorDevice.Path = .native) throws(TrainingError) {
        self.settings = settings
        start = clock.now
        hold = try settings.checkpoints.map { (folder) throws(TrainingError) in
            try CheckpointHold(
                folder, overwrites: settings.overwrite || settings.resume,
                patience: settings.resume ? Self.patience : .zero)
        }
        device = try onDevice { () throws(ComputeError) in
            try TensorDevice(Device.Wish(settings.device), path: path, allowsTF32: settings.precision == .tf32)
        }
        let task: any TrainingTask =
            settings.model == .chargpt
            ? try CharGPTTask(settings, on: device) : try DigitsTask(settings, on: device)
        self.task = task
        let method = Optimiser.Method.adamw(decay: Float(settings.weightDecay))
        optimiser = try onDevice { () throws(ComputeError) in
            try Optimiser(method, for: task.set, limit: Float(settings.clip))
        }
        step = TrainingStep(optimiser, on: device) { (tape) throws(ComputeError) in try task.loss(tape) }
        if settings.resume, let hold { try restore(hold.folder) }
    }

    private var identity: [String: String] {
        var identity = task.identity
        identity["model"] = settings.model.rawValue
        identity["batch"] = "\(settings.batch)"
        identity["seed"] = "\(settings.seed)"
        return identity
    }

    private var notes: [String: String] {
        [
            "steps": "\(settings.steps)", "learningRate": "\(settings.learningRate)",
            "schedule": settings.schedule.rawValue, "warmUp": "\(settings.warmUp)",
            "weightDecay": "\(settings.weightDecay)", "clip": "\(settings.clip)",
            "precision": settings.precision.rawValue,
        ]
    }

    private func restore(_ folder: String) throws(TrainingError) {
        let checkpoint = try Checkpoint(folder, for: task.set.parameters, identity: identity)
        guard checkpoint.step < settings.steps else {
            throw TrainingError(
                .setting,
                "steps is \(settings.steps) and the checkpoint is from step \(checkpoint.step): ask for more steps.",
                field: "steps")
        }
        try checkpoint.restore(optimiser)
        kept = checkpoint.step
        for (key, value) in notes.sorted(by: { $0.key < $1.key }) {
            if let before = checkpoint.notes[key], before != value { changes.append("\(key) \(value), not \(before)") }
        }
    }

    func run(isCancelled: () -> Bool, _ report: (TrainingEvent) -> Void) throws(TrainingError) -> LossCurve {
        report(started)
        var pace = Pace(start: clock.now)
        while optimiser.step < settings.steps {
            if isCancelled() {
                try checkpoint(report)
                report(event(.stopped))
                return curve
            }
            try trainOnce(&pace, isCancelled, report)
        }
        // Before what takes long and can be done again.
        try checkpoint(report)
        if settings.validateEvery > 0, settings.steps % settings.validateEvery != 0 {
            try validate(isCancelled, report)
        }
        if settings.model == .chargpt, settings.sampleEvery == 0 || settings.steps % settings.sampleEvery != 0 {
            try sample(isCancelled, report)
        }
        report(event(.finished))
        return curve
    }

    private var started: TrainingEvent {
        var started = event(.started)
        started.device = device.device.info.id
        started.parameters = task.set.count
        let roughly = device.allowsTF32 ? ", multiplying in TF32" : ""
        started.message = "\(task.summary); on \(device.device.info.name)\(roughly)"
        if kept > 0 { started.message! += "; goes on from step \(kept)" }
        if !changes.isEmpty { started.message! += " with \(changes.joined(separator: ", "))" }
        return started
    }

    private func trainOnce(
        _ pace: inout Pace, _ isCancelled: () -> Bool, _ report: (TrainingEvent) -> Void
    ) throws(TrainingError) {
        let index = optimiser.step
        let rate = settings.rates.rate(settings.learningRate, step: index)
        let loss = try onDevice { () throws(ComputeError) in
            try task.prepare(step: index)
            return Double(try step.run(rate: rate))
        }
        curve.add(step: index + 1, loss: loss)
        pace.add(loss)
        guard loss.isFinite else {
            throw TrainingError(
                .setting,
                "The loss of step \(index + 1) is \(loss): a lower `learningRate` than \(settings.learningRate) keeps it "
                    + "finite.", field: "learningRate")
        }
        let done = index + 1
        if done % settings.reportEvery == 0 || done == settings.steps { try progress(&pace, rate, report) }
        if settings.validateEvery > 0, done % settings.validateEvery == 0 {
            try pausing(&pace) { () throws(TrainingError) in try validate(isCancelled, report) }
        }
        if settings.sampleEvery > 0, done % settings.sampleEvery == 0 {
            try pausing(&pace) { () throws(TrainingError) in try sample(isCancelled, report) }
        }
        if done % settings.checkpointEvery == 0 {
            try pausing(&pace) { () throws(TrainingError) in try checkpoint(report) }
        }
    }

    /// Steps and time since the last report, without what isn't training.
    private struct Pace {
        var start: ContinuousClock.Instant
        var losses = 0.0
        var steps = 0
        mutating func add(_ loss: Double) {
            losses += loss
            steps += 1
        }
    }

    private func pausing(_ pace: inout Pace, _ body: () throws(TrainingError) -> Void) throws(TrainingError) {
        let before = clock.now
        try body()
        pace.start += clock.now - before
    }

    private func progress(
        _ pace: inout Pace, _ rate: Double, _ report: (TrainingEvent) -> Void
    ) throws(TrainingError) {
        let seconds = max(1e-9, (clock.now - pace.start).seconds)
        let perStep = seconds / Double(pace.steps)
        var event = event(.progress)
        event.loss = pace.losses / Double(pace.steps)
        event.learningRate = rate
        event.gradientNorm = Double(try onDevice { () throws(ComputeError) in try optimiser.gradientNorm() })
        event.perSecond = Double(task.itemsPerStep) / perStep
        event.secondsLeft = perStep * Double(settings.steps - optimiser.step)
        report(event)
        pace = Pace(start: clock.now)
    }

    private func validate(
        _ isCancelled: () -> Bool, _ report: (TrainingEvent) -> Void
    ) throws(TrainingError) {
        guard let found = try onDevice({ () throws(ComputeError) in try task.validate(isCancelled) }) else { return }
        var event = event(.validation)
        event.validationLoss = found.loss
        event.accuracy = found.accuracy
        curve.add(step: optimiser.step, validation: found.loss)
        report(event)
    }

    private func sample(
        _ isCancelled: () -> Bool, _ report: (TrainingEvent) -> Void
    ) throws(TrainingError) {
        let step = optimiser.step
        guard let text = try onDevice({ () throws(ComputeError) in try task.sample(step: step, isCancelled) }) else {
            return
        }
        var event = event(.sample)
        event.sample = text
        report(event)
    }

    /// Writes a checkpoint, unless that of this step is there.
    private func checkpoint(_ report: (TrainingEvent) -> Void) throws(TrainingError) {
        guard let hold, optimiser.step > kept else { return }
        var event = event(.checkpoint)
        event.checkpoint = try Checkpoint.write(hold.folder, optimiser, identity: identity, notes: notes)
        kept = optimiser.step
        report(event)
    }

    private func event(_ kind: TrainingEvent.Kind) -> TrainingEvent {
        TrainingEvent(kind, step: optimiser.step, steps: settings.steps, seconds: (clock.now - start).seconds)
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
