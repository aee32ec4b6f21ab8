import Foundation
import StewardAPI
import StewardCompute

/// A request as the child gets it, within what the settings allow.
struct ComputeOrder: Sendable {
    /// What is computed.
    let task: ComputeTask
    /// The child's document.
    let request: [UInt8]
    /// What bounds it.
    let limits: ComputeLimits
    /// The device that it wants: `auto`, `cpu`, `cuda`, `cuda:0`.
    let device: String
    /// Whether progress is streamed.
    let isStreamed: Bool

    /// What finds the line of a fault.
    let checking = "POST of the same body to \(PlatformPath.compute)/check"

    /// From an HTTP body.
    /// - Throws: what is wrong with it, as a problem.
    init(
        _ action: ComputeAction, _ body: [UInt8], settings: ComputeSettings, folder: CheckpointFolder,
        takesEvents: Bool = true
    ) throws(ComputeExecution.ComputeProblemError) {
        var limits = ComputeLimits()
        limits.memory = settings.memory
        switch action {
        case .train:
            var training = try RequestReading.read(
                ComputeTraining.self, fields: ComputeTraining.CodingKeys.self, from: body)
            limits.grace = 10
            limits.run = Self.seconds(training.deadline, most: settings.training, usual: settings.training)
            if let data = training.data { training.data = try folder.data(data) }
            if let name = training.checkpoint { training.checkpoint = try folder.place(of: name) }
            (task, isStreamed) = (.train, takesEvents)
            device = training.device ?? "auto"
            request = ComputeReply.encode(training)
        case .sample:
            var sampling = try RequestReading.read(
                ComputeSampling.self, fields: ComputeSampling.CodingKeys.self, from: body)
            sampling.checkpoint = try folder.place(of: sampling.checkpoint)
            limits.run = Self.seconds(sampling.deadline, most: settings.deadline, usual: settings.deadline)
            (task, isStreamed) = (.sample, takesEvents)
            device = sampling.device ?? "auto"
            request = ComputeReply.encode(sampling)
        case .run, .check, .explain, .devices:
            var run = try RequestReading.read(ComputeRun.self, fields: ComputeRun.CodingKeys.self, from: body)
            guard run.files == nil else {
                throw RequestReading.refusal("`files` is for the command line; ask for more `cells` instead.")
            }
            limits.run = Self.seconds(
                run.deadline, most: settings.deadline, usual: min(settings.deadline, .seconds(10)))
            (task, isStreamed) = (ComputeTask(rawValue: action.rawValue) ?? .run, false)
            device = run.device ?? "auto"
            if task != .run {
                run.deadline = ComputeTime(seconds: limits.run)
                limits.run += ComputeLimits.report
            }
            request = ComputeReply.encode(run)
        }
        self.limits = limits
    }

    /// The device as the library reads it; nil: it will refuse it.
    var wish: Device.Wish? { try? Device.Wish(device) }

    /// Whether it may use a GPU: checks and pictures are made on the processor.
    var mayUseGPU: Bool {
        guard task == .run || task == .train || task == .sample, let wish else { return false }
        return wish != .cpu
    }

    /// The number of the GPU that it has to be.
    var card: Int? {
        guard case .cuda(let number) = wish else { return nil }
        return number
    }

    private static func seconds(_ wish: ComputeTime?, most: Duration, usual: Duration) -> Double {
        min(wish?.seconds ?? usual / .seconds(1), most / .seconds(1))
    }
}
