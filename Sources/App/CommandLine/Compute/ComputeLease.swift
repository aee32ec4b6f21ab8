import ArgumentParser
import Foundation
import Glibc
import StewardAPI
import StewardCompute
import StewardGPU
import StewardServer
import StewardSettings

/// How a computation comes by its GPU where a server hands GPUs out.
struct LeaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where a server hands GPUs out: wait for one no longer than this; auto then takes the processor.",
            valueName: "DURATION"))
    var wait: String?

    @Flag(name: .customLong("no-lease"), help: "Take no lease: use a GPU whoever holds it.")
    var isWithoutLease = false

    @OptionGroup var options: StateOptions

    func validate() throws {
        if let wait, DurationText.parse(wait) == nil {
            throw ValidationError("--wait: '\(wait)' is no duration; write 30s, 5m or 2h.")
        }
    }
}

/// A computation's turn on a GPU of the server's lane: waits in the queue, then runs this same command as a child that holds
/// the lease, as `steward gpu run` does.
struct ComputeLease {
    private let wish: Device.Wish
    private let options: LeaseOptions

    /// `device` is `auto`, `cpu`, `cuda` or `cuda:NUMBER`.
    init(device: String, options: LeaseOptions) throws {
        do throws(ComputeError) { wish = try Device.Wish(device) } catch { throw CommandFailure(error) }
        self.options = options
    }

    /// Comes back where this process may compute by itself: on the processor, under a lease that is held already, or where
    /// no lane has GPUs. Else ends it with the exit code of the command under its lease.
    func take() async throws {
        guard let (client, cards) = try await lane() else { return }
        let start = ContinuousClock.now
        let queue = GPUQueueing(client: client, order: order, isQuiet: false, hint: hint, called: called)
        let grant: GPUTicketStatus
        do { grant = try await queue.wait() } catch let failure as CommandFailure where wish == .best {
            Output.message("no GPU: \(failure.lines.joined(separator: " ")) The processor computes.")
            setenv("CUDA_VISIBLE_DEVICES", "", 1)
            return
        }
        let waited = (ContinuousClock.now - start) / .seconds(1)
        if waited >= 1 {
            let got = [called, grant.cards?.joined(separator: ", ") ?? "a GPU"].compactMap { $0 }
            Output.message("got \(got.joined(separator: ", ")) after \(GPUTime.text(waited))")
        }
        let words = [Self.program] + CommandLine.arguments.dropFirst()
        var environment = grant.environment ?? [:]
        // It sees its own GPU alone and goes on calling it what the user does.
        environment[CUDABackend.numbersVariable] = (grant.cards ?? []).compactMap { uuid in
            cards.first { $0.uuid == uuid }.map { String($0.index) }
        }.joined(separator: ",")
        Glibc.exit(try await GPUChild(command: words, environment: environment).run(queue))
    }

    /// `cuda:1`, if it has to be that one.
    private var called: String? {
        guard case .cuda(let number) = wish else { return nil }
        return "cuda:\(number)"
    }

    /// The lane and its GPUs, if a lease is needed and it has some.
    private func lane() async throws -> (GPUClient, [GPUCardStatus])? {
        let environment = ProcessInfo.processInfo.environment
        guard wish != .cpu, !options.isWithoutLease, environment[GPULease.marker] == nil,
            !["", "-1"].contains(environment["CUDA_VISIBLE_DEVICES"])
        else { return nil }
        guard let client = try Self.reachable(options.options),
            let status = try? await client.ask(.GET, "", for: GPUStatus.self), !status.cards.isEmpty
        else { return nil }
        return (client, status.cards)
    }

    /// The server's lane, if a server runs.
    static func reachable(_ options: StateOptions) throws -> GPUClient? {
        let client = try GPUClient(options)
        return UnixSocket.accepts(client.client.state.socket) ? client : nil
    }

    private var order: GPUOrder {
        var order = GPUOrder(id: GPUTicket.makeID())
        order.gpus = 1
        if case .cuda(let number) = wish { order.card = String(number) }
        // Not the options: a prompt or an argument is nobody else's affair.
        let words = CommandLine.arguments.dropFirst().prefix { !$0.hasPrefix("-") }
        order.purpose = (["steward"] + words).joined(separator: " ")
        order.patience = options.wait.flatMap(DurationText.parse)?.seconds
        order.caller = GPURun.caller
        order.waiter = getpid()
        order.adopts = true
        return order
    }

    private var hint: String {
        wish == .best
            ? "--device cpu computes now, on the processor; --wait TIME does so after that time"
            : "--wait TIME gives up after that time; 'steward gpu' shows who holds the GPUs"
                + (called == nil ? "" : "; --device cuda takes whichever is free")
    }

    /// This program's own file.
    private static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/proc/self/exe"
    }
}
