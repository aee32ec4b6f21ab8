internal import CLinux
internal import Dispatch
internal import Foundation
internal import Glibc
internal import StewardDANE

/// The process that runs the settings' commands for the confined helper: started before the helper gives its rights up,
/// with no socket of its own, it knows the settings, reads requests from the helper alone and refuses every command that
/// `RunnerRules` doesn't allow.
package struct Runner: Sendable {
    /// The descriptor on which a runner finds its helper.
    package static let descriptor: Int32 = 3
    /// Names the helper's end for the program that it executes after confining itself.
    private static let variable = "STEWARD_HELPER_RUNNER"

    private let rules: RunnerRules

    /// A runner under `rules`.
    package init(_ rules: RunnerRules) { self.rules = rules }

    /// Answers requests until the helper ends; what runs then is let finish.
    package func run() {
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { Glibc.signal(signal, SIG_IGN) }
        let (turn, running) = (WriteTurn(), DispatchGroup())
        while let request = RunnerMessage.read(RunnerMessage.Request.self, from: Self.descriptor) {
            running.enter()
            Task.detached { [self] in
                let reply = await answer(request)
                _ = turn.write(reply, to: Self.descriptor)
                running.leave()
            }
        }
        running.wait()
    }

    func answer(_ request: RunnerMessage.Request) async -> RunnerMessage.Reply {
        guard rules.allow(request.words), request.environment.keys.allSatisfy(rules.allow(variable:)) else {
            return .init(
                id: request.id, isGood: false,
                reason: "the helper's runner refuses it: the settings name no such command", output: Data())
        }
        let outcome = await Command(request.words).run(
            seconds: max(0, min(request.seconds, 3600)), environment: request.environment, input: Array(request.input))
        return .init(
            id: request.id, isGood: outcome.isGood, reason: outcome.reason, output: Data(outcome.output.prefix(1 << 20))
        )
    }

    /// Starts a runner: this program with `arguments` in `directory`. The helper's end survives the helper's executing itself again.
    /// - Returns: why not; nil if it was started.
    package static func start(_ arguments: [String], directory: String) -> String? {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            return String(cString: strerror(errno))
        }
        defer { close(ends[1]) }
        var words = (["steward"] + arguments).map { strdup($0) } + [nil]
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LISTEN_") }
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let map = [ends[1], descriptor]
        let code = clinux_spawn("/proc/self/exe", &words, &variables, directory, map, 1, &child)
        guard code == 0 else {
            close(ends[0])
            return String(cString: strerror(code))
        }
        setenv(variable, "\(ends[0])", 1)
        return nil
    }

    /// The helper's end of the runner that was started before it confined itself; nil where there is none.
    static var inherited: Int32? {
        defer { unsetenv(variable) }
        guard let text = getenv(variable).map({ String(cString: $0) }), let number = Int32(text), number > 2 else {
            return nil
        }
        return fcntl(number, F_SETFD, FD_CLOEXEC) == 0 ? number : nil
    }
}
