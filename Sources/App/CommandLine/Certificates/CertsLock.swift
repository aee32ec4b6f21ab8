import ArgumentParser
import StewardAPI

/// `steward certs lock`
struct CertsLock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Tells who holds certbot's locks and what it is doing.",
        discussion: """
            "Another instance of Certbot is already running" always means a live process: the lock's file blocks nothing by \
            itself, and removing it helps nobody. Exit code 0 when the locks are free, 4 when they are held.
            """)

    @Option(help: ArgumentHelp("Wait so long for the locks to be free.", valueName: "DURATION"))
    var wait: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func validate() throws {
        if let wait, DurationText.parse(wait) == nil {
            throw ValidationError("--wait: write a whole number with a unit: 30s, 10m.")
        }
    }

    func run() async throws {
        let patience = wait.flatMap(DurationText.parse) ?? .zero
        let answer = try await options.carryOut { try await $0.lock(wait: patience) }
        if json {
            try Output.json(answer)
        } else {
            try print(answer)
        }
        guard answer.free else { throw ExitCode(ExitStatus.busy.rawValue) }
    }

    private func print(_ answer: CertificateLocks) throws {
        if answer.free { try Output.line("free") }
        for holder in answer.holders {
            var about = [holder.command, holder.state, holder.doing].compactMap { $0 }
            if let container = holder.container { about.append("container \(container)") }
            let who = holder.pid.map { "pid \($0)" } ?? "a process outside this container"
            let since = holder.since.map { ", since \($0)" } ?? ""
            try Output.line(
                TextTable.printable("held by \(who) (\(about.joined(separator: ", ")))\(since)"))
            for lock in holder.locks { try Output.line(TextTable.printable("  \(lock)")) }
            for sentence in holder.advice { Output.message(TextTable.printable(sentence)) }
        }
        for place in answer.unread {
            Output.message(TextTable.printable("could not read \(place.place): \(place.reason)"))
        }
    }
}
