import ArgumentParser
import StewardAPI

/// `steward limits`
struct Limits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Lists who is refused for asking too often.",
        discussion:
            "Asks the server of the state folder over its Unix socket who got 429 in the last ten seconds; docs/guides/limits.md."
    )

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let answer = try await LocalClient(state: options.folder()).answer(LocalRequest(target: PlatformPath.limits))
        guard answer.status == 200 else { throw CommandFailure("the server answered \(answer.status)") }
        let list = try answer.decode(LimitList.self)
        if json { return try Output.json(list) }
        guard !list.limited.isEmpty else {
            return Output.message("Nobody was over a limit in the last ten seconds.")
        }
        let table = TextTable(
            headings: ["WHO", "LIMIT", "WHERE", "REFUSED", "RUNNING", "LAST"], rows: list.limited.map(row))
        for line in table.lines(columns: Output.columns) { try Output.line(line) }
    }

    private func row(_ limited: Limited) -> [String] {
        [
            limited.who, limited.limit, limited.route ?? limited.zone ?? "server", String(limited.refused),
            String(limited.active), "\(limited.secondsAgo) s ago",
        ]
    }
}
