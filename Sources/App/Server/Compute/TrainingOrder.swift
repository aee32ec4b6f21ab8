import StewardAPI
import StewardTraining

extension TrainingSettings {
    /// What a request asks for; what it leaves out is the model's usual setting.
    /// - Throws: `TrainingError` that names the field.
    package init(_ order: ComputeTraining) throws(TrainingError) {
        guard let model = Model(rawValue: order.model) else {
            let names = Model.allCases.map(\.rawValue).joined(separator: ", ")
            throw TrainingError(.setting, "model is '\(order.model)': it must be one of \(names).", field: "model")
        }
        self.init(model, data: order.data)
        func set<Value>(_ path: WritableKeyPath<Self, Value>, _ value: Value?) {
            if let value { self[keyPath: path] = value }
        }
        text = order.text
        set(\.device, order.device)
        set(\.steps, order.steps)
        set(\.batch, order.batch)
        set(\.context, order.context)
        set(\.layers, order.layers)
        set(\.heads, order.heads)
        set(\.width, order.width)
        set(\.dropout, order.dropout)
        set(\.learningRate, order.learningRate)
        set(\.warmUp, order.warmUp)
        set(\.weightDecay, order.weightDecay)
        set(\.clip, order.clip)
        set(\.seed, order.seed)
        set(\.validationPart, order.validationPart)
        set(\.checkpointEvery, order.checkpointEvery)
        set(\.resume, order.resume)
        set(\.overwrite, order.overwrite)
        set(\.reportEvery, order.reportEvery)
        set(\.validateEvery, order.validateEvery)
        set(\.sampleEvery, order.sampleEvery)
        set(\.sampleLength, order.sampleLength)
        checkpoints = order.checkpoint
        try setWord(\.schedule, named: "schedule", order.schedule)
        try setWord(\.precision, named: "precision", order.precision)
        guard text == nil || data == nil else {
            throw TrainingError(.setting, "data and text are both given: keep one.", field: "text")
        }
    }

    /// One of the words that a field takes; none leaves the usual one.
    private mutating func setWord<Word: RawRepresentable<String> & CaseIterable>(
        _ path: WritableKeyPath<Self, Word>, named field: String, _ word: String?
    ) throws(TrainingError) {
        guard let word else { return }
        guard let known = Word(rawValue: word) else {
            let names = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw TrainingError(.setting, "\(field) is '\(word)': it must be one of \(names).", field: field)
        }
        self[keyPath: path] = known
    }
}

extension ComputeTrainingEvent {
    /// An event of the library, in the surfaces' words.
    package init(_ event: TrainingEvent) {
        self.init(event: event.kind.rawValue, step: event.step, steps: event.steps, seconds: event.seconds)
        loss = event.loss
        validationLoss = event.validationLoss
        accuracy = event.accuracy
        learningRate = event.learningRate
        gradientNorm = event.gradientNorm
        perSecond = event.perSecond
        secondsLeft = event.secondsLeft
        sample = event.sample
        checkpoint = event.checkpoint
        device = event.device
        parameters = event.parameters
        message = event.message
    }
}

extension ComputeProblem {
    /// A problem of a training, in the surfaces' words.
    package init(_ error: TrainingError) { self = ComputeEnding.problem(error.code.rawValue, error.message) }
}
