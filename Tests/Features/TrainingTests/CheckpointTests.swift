import Glibc
import StewardCompute
import Testing

@testable import StewardTraining

/// Whose checkpoint a folder holds, and when a new one may take its place.
@Suite struct CheckpointTests {
    static func settings(_ folder: TestFolder, steps: Int = 2) -> TrainingSettings {
        var settings = TrainingTests.settings(steps: steps)
        settings.checkpoints = folder.path
        return settings
    }

    static func error(_ settings: TrainingSettings) throws -> TrainingError {
        try #require(throws: TrainingError.self) { try Training(settings).run { _ in } }
    }

    @Test func theCheckpointOfAnEarlierTrainingIsNotReplacedUnasked() throws {
        let folder = TestFolder()
        var settings = Self.settings(folder)
        try Training(settings).run { _ in }
        let before = try folder.read(Checkpoint.name)
        let refusal = try Self.error(settings)
        #expect(refusal.code == .checkpoint && refusal.message.contains("is the checkpoint of an earlier training"))
        #expect(refusal.message.contains("`resume`") && refusal.message.contains("`overwrite`"))
        #expect(try folder.read(Checkpoint.name) == before)
        settings.overwrite = true
        try Training(settings).run(isCancelled: { true }) { _ in }
        #expect(try folder.read(Checkpoint.name) == before, "a training that did no step has nothing to write")
        settings.seed = 9
        try Training(settings).run { _ in }
        #expect(try folder.read(Checkpoint.name) != before)
        settings.resume = true
        #expect(try Self.error(settings).field == "overwrite")
    }

    @Test func twoTrainingsDontShareAFolder() throws {
        let folder = TestFolder()
        var refusal: TrainingError?
        try Training(Self.settings(folder)).run { event in
            guard event.kind == .started else { return }
            refusal = try? Self.error(Self.settings(folder))
        }
        #expect(refusal?.message.contains("Another training writes its checkpoints to \(folder.path)") == true)
    }

    @Test func aTrainingThatGoesOnWaitsForTheEndOfTheOneBefore() async throws {
        let folder = TestFolder()
        var hold: CheckpointHold? = try CheckpointHold(folder.path, overwrites: false, patience: .zero)
        #expect(hold != nil)
        let next = Task.detached { [path = folder.path] in
            try CheckpointHold(path, overwrites: true, patience: .seconds(60)).folder
        }
        try await Task.sleep(for: .milliseconds(100))
        hold = nil
        #expect(try await next.value == folder.path)
    }

    @Test func whatAKilledTrainingLeftHalfWrittenGoes() throws {
        let folder = TestFolder()
        folder.write("\(Checkpoint.name).77.tmp", [1, 2, 3])
        folder.write("mine.tmp", [4])
        try Training(Self.settings(folder)).run { _ in }
        #expect(throws: TrainingError.self) { try folder.read("\(Checkpoint.name).77.tmp") }
        #expect(try folder.read("mine.tmp") == [4])
    }

    @Test func theLastCheckpointComesBeforeWhatTakesLong() throws {
        let folder = TestFolder()
        var (settings, kinds) = (Self.settings(folder), [TrainingEvent.Kind]())
        settings.validateEvery = 7
        try Training(settings).run { kinds.append($0.kind) }
        #expect(kinds.suffix(4) == [.checkpoint, .validation, .sample, .finished])
    }

    @Test func aStopEndsASampleEarly() throws {
        var settings = TrainingTests.settings(steps: 1)
        settings.sampleLength = 100_000
        var calls = 0
        var length = 0
        try Training(settings).run(isCancelled: {
            calls += 1
            return calls > 20
        }) { length = $0.sample?.count ?? length }
        #expect((1..<40).contains(length))
    }

    @Test func weightsThatAreNoNumbersReplaceNoCheckpoint() throws {
        let folder = TestFolder()
        folder.write(Checkpoint.name, [1, 2, 3])
        let device = try TensorDevice(.cpu)
        let layers = MLP(widths: [3, 2])
        let set = try ParameterSet(layers.parameters, on: device) {
            $1.shape.count == 6 ? [0, 1, 2, .nan, 4, 5] : [0, 0]
        }
        let optimiser = try Optimiser(.adamw(), for: set)
        let error = try #require(throws: TrainingError.self) {
            _ = try Checkpoint.write(folder.path, optimiser, identity: [:], notes: [:])
        }
        #expect(error.message.contains("no numbers any more"))
        #expect(try folder.read(Checkpoint.name) == [1, 2, 3])
        #expect(throws: TrainingError.self) { try folder.read("\(Checkpoint.name).\(getpid()).tmp") }
    }

    @Test func whatIsOtherThanBeforeIsSaid() throws {
        let folder = TestFolder()
        var settings = Self.settings(folder)
        try Training(settings).run { _ in }
        (settings.resume, settings.steps, settings.learningRate) = (true, 3, 0.02)
        var message: String?
        try Training(settings).run { message = $0.message ?? message }
        #expect(message?.hasSuffix("goes on from step 2 with learningRate 0.02, not 0.01, steps 3, not 2") == true)
    }

    @Test func digitsGoOnWithMoreStepsAndRefuseOtherImages() throws {
        let folder = TestFolder()
        var settings = TrainingSettings(.mlp)
        (settings.device, settings.steps, settings.batch, settings.width) = ("cpu", 2, 4, 8)
        (settings.validateEvery, settings.checkpoints) = (0, folder.path)
        try Training(settings).run { _ in }
        (settings.resume, settings.steps) = (true, 600)
        var first: Int?
        try Training(settings).run(isCancelled: { first != nil }) { first = first ?? $0.step }
        #expect(first == 2)
        settings.seed = 5
        #expect(try Self.error(settings).message.contains("another seed"))
    }

    @Test func aPipeIsNoText() throws {
        let folder = TestFolder()
        mkfifo("\(folder.path)/pipe", 0o600)
        var settings = TrainingTests.settings()
        (settings.text, settings.data) = (nil, "\(folder.path)/pipe")
        #expect(try Self.error(settings).message.contains("pipe can't be read: it is no file"))
    }

    @Test func aLongCurveKeepsItsShapeInBoundedRoom() {
        var curve = LossCurve()
        for step in 1...300_000 { curve.add(step: step, loss: step <= 150_000 ? 2 : 1) }
        #expect(curve.training.count < LossCurve.most)
        let halves = curve.smoothed(2)
        #expect(abs(halves[0].loss - 2) < 0.01 && abs(halves[1].loss - 1) < 0.01)
        #expect(LossCurve.number(3e18) == "3e+18")
    }
}
