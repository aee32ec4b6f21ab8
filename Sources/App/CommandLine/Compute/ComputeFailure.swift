import StewardAPI
import StewardCompute
import StewardServer

extension CommandFailure {
    /// A problem with a kernel: its sentence, then the compiler's words.
    init(_ problem: ComputeProblem) {
        self.init(lines: [Self.sentence(problem.detail)] + problem.diagnostics.map { TextTable.printable("\($0)") })
    }

    /// A problem of the library.
    init(_ error: ComputeError) { self.init(ComputeProblem(error)) }

    private static func sentence(_ detail: String) -> String {
        TextTable.printable(detail.hasSuffix(".") ? String(detail.dropLast()) : detail)
    }
}

/// A child's work for a command.
enum ComputeCommandChild {
    /// The document that the child gives as its result.
    /// - Throws: `CommandFailure` with what went wrong; what the kernel printed until then is shown.
    static func result(
        _ task: ComputeTask, _ request: [UInt8], limits: ComputeLimits, checking: String,
        onMessage: @escaping ComputeChild.Listener = { _ in }
    ) async throws -> (json: [UInt8], ending: ComputeEnding) {
        let ending = await ComputeChild.run(task, request: request, limits: limits, onMessage: onMessage)
        if let problem = ending.problem(checking: checking) {
            if let printed = problem.printed { try Output.write(Array(printed.utf8)[...], to: 1) }
            throw CommandFailure(problem)
        }
        return (ending.result ?? [], ending)
    }
}
