import ArgumentParser
import StewardAPI

/// `steward gpu list`
struct GPUList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows the GPUs with what they do, the leases and the queue.")

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Show it again every second until interrupted.")
    var watch = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let client = try GPUClient(options)
        repeat {
            let status = try await client.need(.GET, "", for: GPUStatus.self)
            try show(status)
            if watch { try await Task.sleep(for: .seconds(1)) }
        } while watch
    }

    private func show(_ status: GPUStatus) throws {
        if json { return try Output.json(status) }
        let columns = Output.columns
        // A terminal is cleared; elsewhere one table follows the other.
        var text = watch && columns != nil ? "\u{1b}[H\u{1b}[2J" : ""
        for table in GPUTable.tables(status) {
            text += table.lines(columns: columns).joined(separator: "\n") + "\n\n"
        }
        if text.hasSuffix("\n\n") { text.removeLast() }
        try Output.write(Array(text.utf8)[...], to: 1)
        for sentence in [status.absence].compactMap(\.self) + (status.notes ?? []) {
            Output.message(TextTable.printable(sentence))
        }
    }
}
