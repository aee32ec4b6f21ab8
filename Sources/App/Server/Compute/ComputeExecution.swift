import Foundation
import Glibc
import StewardAPI
import StewardCompute
import StewardTraining

/// The child's side: reads a request on standard input, computes, tells on descriptor 3.
package enum ComputeExecution {
    /// Computes `task`, and ends with 0 if it told a result or a problem.
    package static func main(_ task: ComputeTask, parent: pid_t, memory: Int?) -> Int32 {
        ComputeSpawn.confine(parent: parent, memory: memory)
        let input = FileHandle.standardInput.readDataToEndOfFile()
        do {
            switch task {
            case .devices: tell("result", DeviceSurvey.look(measuring: true, held: DeviceSurvey.held(input)))
            case .run: try tell("result", KernelRun(decode(ComputeRun.self, input)).run(willLaunch: running))
            case .train:
                let order = try decode(ComputeTraining.self, input)
                tell("running", ComputeEnding.Running(kernel: order.model, device: order.device ?? "auto", shape: ""))
                try tell("result", TrainingRun(order: order).run { tell($0.event, $0) })
            case .sample:
                let order = try decode(ComputeSampling.self, input)
                let running = ComputeEnding.Running(kernel: order.checkpoint, device: order.device ?? "auto", shape: "")
                tell("running", running)
                try tell("result", SampleRun(order: order).run { tell("text", $0) })
            case .check: try tell("result", KernelLook(decode(ComputeRun.self, input)).check(willLaunch: running))
            case .explain: try tell("result", KernelLook(decode(ComputeRun.self, input)).explain(willLaunch: running))
            }
        } catch let error as ComputeError {
            tell("problem", ComputeProblem(error))
        } catch let error as TrainingError {
            tell("problem", ComputeProblem(error.calling(TrainingFields.ofRequests)))
        } catch let problem as ComputeProblemError {
            tell("problem", problem.problem)
        } catch {
            tell("problem", ComputeEnding.problem("kernel-fault", "\(error)"))
        }
        fflush(nil)
        return 0
    }

    /// A problem on its way out.
    package struct ComputeProblemError: Error {
        let problem: ComputeProblem
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw ComputeProblemError(problem: ComputeEnding.problem("bad-request", RequestReading.sentence(error)))
        }
    }

    static func running(_ kernel: String, _ device: String, _ shape: LaunchShape) {
        let words = "grid \(shape.grid), block \(shape.block)" + (shape.shared > 0 ? ", shared \(shape.shared)" : "")
        tell("running", ComputeEnding.Running(kernel: kernel, device: device, shape: words))
    }

    /// Writes a message; what can't be written has nobody who reads it.
    static func tell(_ name: String, _ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let json = try? encoder.encode(value) else { return }
        var rest = ComputeMessage(name: name, json: Array(json)).line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(ComputeSpawn.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
