import ArgumentParser
import Foundation
import Glibc
import StewardAPI
import StewardGPU
import StewardSettings

/// `steward gpu run`
struct GPURun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Waits for GPUs and runs a command on them.",
        discussion: """
            The command sees its GPUs alone (CUDA_VISIBLE_DEVICES by uuid). Its exit code is this command's. When it ends, what \
            it left behind is ended too, then the GPUs are handed on. When the server is restarted meanwhile, the place in the \
            queue is kept and a running command goes on.

            Examples:
              steward gpu run -- python train.py
              steward gpu run --gpus 2 --memory 40GiB --wait 1h -- torchrun --nproc-per-node 2 train.py
              steward gpu run --card 3 -- nvidia-smi
              steward gpu run --share --memory 10GiB -- jupyter lab
            """)

    @Option(help: ArgumentHelp("How many whole GPUs.", valueName: "N"))
    var gpus = 1

    @Option(help: ArgumentHelp("Just this GPU: its number or uuid, as 'steward gpu' lists them.", valueName: "GPU"))
    var card: String?

    @Option(help: ArgumentHelp("Memory that each GPU must have, or that --share reserves: 20GiB.", valueName: "SIZE"))
    var memory: String?

    @Flag(help: "A part of one GPU will do: others may be on it too.")
    var share = false

    @Option(help: ArgumentHelp("Give up when nothing came free within this time.", valueName: "DURATION"))
    var wait: String?

    @Option(
        help: ArgumentHelp(
            "End the command after this time at the latest. Short ones may go ahead of larger ones that wait.",
            valueName: "DURATION"))
    var time: String?

    @Option(help: ArgumentHelp("What 'steward gpu' shows; the command line without it.", valueName: "TEXT"))
    var purpose: String?

    @Flag(name: [.short, .long], help: "Say nothing of the queue.")
    var quiet = false

    @OptionGroup var options: StateOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The command, after '--'.", valueName: "COMMAND"))
    var command: [String]

    func validate() throws {
        if command.isEmpty { throw ValidationError("A command is missing: steward gpu run -- COMMAND...") }
        if gpus < 1 { throw ValidationError("--gpus: at least 1.") }
        if card != nil, gpus > 1 { throw ValidationError("--card names one GPU: leave --gpus \(gpus) out.") }
        for (name, text) in [("--wait", wait), ("--time", time)] {
            if let text, DurationText.parse(text) == nil {
                throw ValidationError("\(name): '\(text)' is no duration; write 30s, 5m or 2h.")
            }
        }
        if share, memory == nil { throw ValidationError("--share needs --memory, which it reserves: --memory 10GiB.") }
        _ = try bytes()
    }

    private func bytes() throws -> Int? {
        guard let memory else { return nil }
        do throws(ValueRefusal) { return try ValueKind<Int>.parseSize(memory) } catch {
            throw ValidationError("--memory: \(error.message)")
        }
    }

    func run() async throws {
        var order = GPUOrder(id: GPUTicket.makeID())
        order.gpus = gpus
        order.card = card
        order.memory = try bytes()
        order.share = share
        order.purpose = purpose ?? command.joined(separator: " ")
        order.patience = wait.flatMap(DurationText.parse)?.seconds
        order.limit = time.flatMap(DurationText.parse)?.seconds
        order.caller = Self.caller
        order.waiter = getpid()
        order.adopts = true
        let queue = GPUQueueing(client: try GPUClient(options), order: order, isQuiet: quiet)
        let grant = try await queue.wait()
        let code = try await GPUChild(command: command, environment: grant.environment ?? [:]).run(queue)
        Glibc.exit(code)
    }

    /// `local:` and whoever is behind sudo, else whose process this is.
    static var caller: String {
        if geteuid() == 0, let name = ProcessInfo.processInfo.environment["SUDO_USER"], !name.isEmpty {
            return "local:\(name)"
        }
        return "local:"
            + (getpwuid(getuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "\(getuid())")
    }
}
