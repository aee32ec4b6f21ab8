import ArgumentParser
import Glibc
import StewardServer

/// `steward compute exec`: started by `steward compute` and by the server alone.
struct ComputeExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Runs one kernel in a process of its own, for 'steward compute' and the server.",
        shouldDisplay: false)

    @Argument var task: ComputeTask

    @Option var parent: Int32

    @Option var memory: Int?

    func run() throws {
        let code = ComputeExecution.main(task, parent: parent, memory: memory)
        // Not `exit`: a kernel may have damaged what exit handlers use.
        _exit(code)
    }
}

extension ComputeTask: ExpressibleByArgument {}
