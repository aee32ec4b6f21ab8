import ArgumentParser
import Foundation
import Glibc
import Logging
import NIOCore
import ServiceLifecycle
import StewardAPI
import StewardCore
import StewardDANE
import StewardHelper
import UnixSignals

/// `steward dane run`
struct DANERunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Carries the rollovers out, in the foreground, until it is stopped.",
        discussion: """
            One line for each thing that happens. Stops cleanly on SIGTERM and SIGINT, at any moment: what it knows is on disk \
            before it acts, and the next start goes on from there. Needs root, as it reads keys. 'steward helper' does the same \
            in the background; while one of them runs for a state folder, another 'run' ends with exit code 4.
            """)

    @Flag(help: "Do what is due now and end; exit code 1 if something needs a person.")
    var once = false

    @OptionGroup var options: DANEOptions

    func run() async throws {
        let loaded = try options.load()
        // The network waits more than it works: one thread is enough for it.
        NIOSingletons.groupLoopCountSuggestion = 1
        if geteuid() != 0 {
            Output.message("warning: you are user \(geteuid()), not root: what you can't read holds the rollovers up")
        }
        let loop = try options.loop(loaded) { told in Self.tell(told) }
        let mark = once ? nil : try await DANEOptions.carryOut { try LoopMark.take(in: loop.folder, by: "run") }
        defer { withExtendedLifetime(mark) {} }
        let status = try await DANEOptions.carryOut { try await LocalDANE(loop).advance(name: nil) }
        for line in Self.summary(status) { try Output.line(TextTable.printable(line)) }
        guard !once else {
            if status.services.contains(where: { $0.holds.contains(where: \.alarm) }) {
                throw ExitCode(ExitStatus.failure.rawValue)
            }
            return
        }
        var quiet = Logger(label: "steward.lifecycle")
        quiet.logLevel = .error
        signal(SIGHUP, SIG_IGN)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: DANELoopService(loop))], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet))
        try await group.run()
        Output.message("steward dane: stopped")
    }

    /// A line for each service at the start.
    static func summary(_ status: DANEStatus) -> [String] {
        status.services.map { "\(status.at) \($0.service): \($0.state): \($0.next)" }
    }

    private static func tell(_ told: RolloverLoop.Told) {
        let alarm = told.event.isAlarm ? "ALARM " : ""
        let line = "\(told.at.formatted(.iso8601)) \(told.deployment): \(alarm)\(told.event.code): \(told.event.text)"
        try? Output.line(TextTable.printable(line))
    }
}
