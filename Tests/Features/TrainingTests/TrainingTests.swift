import Glibc
import StewardCompute
import Synchronization
import Testing

@testable import StewardTraining

/// A folder that goes with its test.
final class TestFolder {
    let path: String

    init() {
        var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/training-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    func write(_ name: String, _ bytes: [UInt8]) {
        let file = fopen("\(path)/\(name)", "wb")!
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    func read(_ name: String) throws -> [UInt8] { try FileContents.read("\(path)/\(name)", .data) }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(directory)
        rmdir(path)
    }
}

@Suite struct TrainingTests {
    static let text = String(repeating: "to be or not to be, that is the question.\n", count: 12)

    static func settings(steps: Int = 12) -> TrainingSettings {
        var settings = TrainingSettings(.chargpt)
        settings.text = text
        settings.device = "cpu"
        settings.steps = steps
        (settings.batch, settings.context, settings.layers, settings.heads, settings.width) = (4, 8, 1, 2, 16)
        settings.learningRate = 0.01
        settings.schedule = .constant
        settings.dropout = 0.1
        (settings.reportEvery, settings.validateEvery, settings.sampleEvery, settings.sampleLength) = (4, 6, 0, 10)
        return settings
    }

    @Test func aRunReportsLearnsAndWrites() throws {
        var settings = Self.settings(steps: 60)
        settings.warmUp = 5
        settings.schedule = .cosine
        var events: [TrainingEvent] = []
        let curve = try Training(settings).run { events.append($0) }
        #expect(events.first?.kind == .started && events.last?.kind == .finished)
        #expect(events.first?.parameters ?? 0 > 3000)
        let progress = events.filter { $0.kind == .progress }
        #expect(progress.count == 15)
        #expect(progress.allSatisfy { $0.perSecond ?? 0 > 0 && $0.gradientNorm ?? 0 > 0 && $0.secondsLeft != nil })
        #expect(events.count { $0.kind == .validation } == 10)
        #expect(events.first { $0.kind == .sample }?.sample?.unicodeScalars.count == 10)
        #expect(curve.training.count == 60)
        #expect(curve.training[0].loss > 2.5 && curve.training.suffix(5).allSatisfy { $0.loss < 2.3 })
        #expect(curve.validation.last!.loss < curve.validation.first!.loss)
    }

    @Test func aResumedRunIsTheUninterruptedOneBitForBit() throws {
        let whole = try Training(Self.settings()).run { _ in }
        let folder = TestFolder()
        var settings = Self.settings()
        settings.checkpoints = folder.path
        var (steps, events): (Int, [TrainingEvent.Kind]) = (0, [])
        let first = try Training(settings).run(isCancelled: {
            steps += 1
            return steps > 5
        }) { events.append($0.kind) }
        #expect(first.training.count == 5)
        #expect(events.suffix(2) == [.checkpoint, .stopped])
        settings.resume = true
        let rest = try Training(settings).run { _ in }
        #expect(first.training + rest.training == whole.training)
        let again = try #require(throws: TrainingError.self) { try Training(settings).run { _ in } }
        #expect(again.field == "steps")
    }

    @Test func aCheckpointOfAnotherModelOrOfOtherDataIsRefused() throws {
        let folder = TestFolder()
        var settings = Self.settings(steps: 1)
        settings.checkpoints = folder.path
        try Training(settings).run { _ in }
        settings.resume = true
        settings.steps = 3
        func refused(_ change: (inout TrainingSettings) -> Void, _ word: String) throws {
            var changed = settings
            change(&changed)
            let error = try #require(throws: TrainingError.self) { try Training(changed).run { _ in } }
            #expect(error.code == .checkpoint && error.message.contains(word), "\(error.message)")
        }
        try refused({ $0.width = 32 }, "another width, '16' instead of '32'")
        try refused({ $0.seed = 7 }, "another seed")
        try refused({ $0.text = Self.text + "to be" }, "another data")
        var bytes = try folder.read(Checkpoint.name)
        folder.write(Checkpoint.name, Array(bytes.dropLast(10)))
        try refused({ _ in }, "cut short")
        let name = Array("optimiser.first.wpe.weight".utf8)
        let place = bytes.indices.first { bytes[$0...].starts(with: name) }!
        bytes[place + 16] = UInt8(ascii: "x")
        folder.write(Checkpoint.name, bytes)
        try refused({ _ in }, "tensor optimiser.first.wpe.weight [8, 16] is missing")
    }

    @Test func aCheckpointThatCantBeWrittenIsAnErrorAndLeavesNothing() throws {
        let folder = TestFolder()
        folder.write("file", [1])
        var settings = Self.settings(steps: 1)
        settings.checkpoints = "\(folder.path)/file/below"
        let error = try #require(throws: TrainingError.self) { try Training(settings).run { _ in } }
        #expect(error.message.contains("/file"))
        #expect(throws: TrainingError.self) { try ReplacedFile("\(folder.path)/none/x") }
    }

    @Test func endingTheLoopOverEventsStopsTheTraining() async throws {
        var settings = Self.settings(steps: 1_000_000)
        settings.validateEvery = 0
        settings.text = Self.text
        let folder = TestFolder()
        settings.checkpoints = folder.path
        settings.checkpointEvery = 1_000_000
        for try await event in try Training(settings).events() where event.kind == .progress { break }
        // The thread writes its checkpoint on its way out.
        for _ in 0..<200 where (try? folder.read(Checkpoint.name)) == nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try Safetensors(folder.read(Checkpoint.name), file: "c").metadata["steward.model"] == "chargpt")
    }

    @Test func everySettingOutOfRangeIsNamed() {
        var settings = TrainingSettings(.chargpt)
        (settings.steps, settings.batch, settings.learningRate, settings.heads) = (0, 0, -1, 3)
        (settings.dropout, settings.device, settings.resume, settings.reportEvery) = (1, "tpu", true, 0)
        let fields = Set(settings.problems().compactMap(\.field))
        #expect(
            fields.isSuperset(of: [
                "steps", "batch", "learningRate", "heads", "dropout", "device", "resume", "reportEvery", "data",
            ]))
        #expect(throws: TrainingError.self) { try Training(settings) }
        #expect(TrainingSettings(.mlp).problems().isEmpty)
    }

    @Test(arguments: [TrainingSettings.Model.mlp, .cnn]) func digitsAreLearned(_ model: TrainingSettings.Model) throws {
        var settings = TrainingSettings(model)
        (settings.device, settings.steps, settings.batch, settings.width) = ("cpu", 12, 16, 32)
        (settings.learningRate, settings.validateEvery, settings.schedule) = (0.01, 12, .constant)
        var events: [TrainingEvent] = []
        let curve = try Training(settings).run { events.append($0) }
        #expect(curve.training.last!.loss < curve.training[0].loss * 0.9)
        #expect(events.first { $0.kind == .validation }?.accuracy ?? 0 > 0.15)
    }

    @Test func aLossThatIsNoNumberEndsTheRunWithAdvice() throws {
        var settings = Self.settings(steps: 50)
        settings.learningRate = 10
        settings.clip = 0
        settings.weightDecay = 10
        let error = try #require(throws: TrainingError.self) { try Training(settings).run { _ in } }
        #expect(error.field == "learningRate")
    }
}
