internal import CLinux
import Foundation
import Glibc

/// The command that holds the lease, as this process's child: signals and exit code pass through.
struct GPUChild {
    let command: [String]
    let environment: [String: String]

    /// Runs it to its end.
    /// - Returns: its exit code, or 128 and the signal that ended it.
    func run(_ queue: GPUQueueing) async throws -> Int32 {
        // Whatever the command leaves behind becomes this process's child, so that it is found.
        _ = clinux_adopt_orphans()
        SignalRelay.begin()
        let pid = try spawn()
        SignalRelay.pass(to: pid)
        let report = Task {
            guard let reason = await queue.started(pid) else { return }
            Output.message("error: \(reason)")
            Output.message("the command is stopped")
            kill(pid, SIGTERM)
        }
        let status = await Self.wait(for: pid)
        report.cancel()
        if let reason = await queue.giveBack() { Output.message("error: the lease was ended: \(reason)") }
        return status
    }

    private func spawn() throws -> pid_t {
        var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        variables["_"] = nil
        let arguments = command.map { strdup($0) } + [nil]
        let values = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + values).forEach { free($0) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, command[0], nil, &attributes, arguments, values)
        guard error == 0 else {
            throw CommandFailure("'\(command[0])' can't be started: \(FileReason.text(error))")
        }
        return pid
    }

    /// Reaps until the command itself is over.
    private static func wait(for pid: pid_t) async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var status: Int32 = 0
                while true {
                    let found = waitpid(-1, &status, 0)
                    if found == pid { break }
                    if found < 0, errno != EINTR { break }
                }
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
            }
        }
    }
}

/// Sends signals that others send to this process on to its child, also those that come while that is being started. The
/// terminal's own go to both by themselves.
enum SignalRelay {
    nonisolated(unsafe) private static var child: pid_t = 0
    /// A bit for each that came before there was a child.
    nonisolated(unsafe) private static var early: UInt64 = 0

    /// From now on they wait for the child.
    static func begin() {
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2] {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO | Int32(SA_RESTART)
            action.__sigaction_handler.sa_sigaction = { number, info, _ in
                let child = SignalRelay.child
                guard child > 0 else {
                    SignalRelay.early |= 1 << UInt64(number)
                    return
                }
                // SI_KERNEL: typed at the terminal.
                if info?.pointee.si_code != 0x80 { kill(child, number) }
            }
            sigaction(signal, &action, nil)
        }
    }

    /// The child is there.
    static func pass(to pid: pid_t) {
        child = pid
        for number in Int32(1)..<64 where early & 1 << UInt64(number) != 0 { kill(pid, number) }
    }
}
