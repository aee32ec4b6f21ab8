import ArgumentParser
import Foundation
import StewardAPI
import StewardServer

/// `steward reload`
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Has the running server read its settings again, without dropping a call.",
        discussion: """
            The server reads the file that it was started with. An error leaves everything as it was and is told with file and \
            line; exit code 1. SIGHUP does the same.
            """)

    @Flag(help: "Print the server's answer as JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    private struct Refusal: Decodable {
        var title: String?
        var detail: String?
    }

    func run() async throws {
        let request = LocalRequest(method: .POST, target: PlatformPath.reload)
        let answer = try await LocalClient(state: try options.folder()).answer(request, within: .seconds(30))
        guard answer.status == 200 else {
            let refusal = try? answer.decode(Refusal.self)
            throw CommandFailure(
                refusal?.detail ?? refusal?.title ?? "the server answered \(answer.status)",
                hint: "nothing was changed; the server goes on with the settings that it had")
        }
        let report = try answer.decode(ReloadReport.self)
        if json { return try Output.json(report) }
        try Output.line("reloaded in \(report.milliseconds) ms: \(report.sentence)")
    }
}
