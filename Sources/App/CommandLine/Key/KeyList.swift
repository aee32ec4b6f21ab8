import ArgumentParser
import Foundation
import StewardAccess
import StewardServer

/// `steward key list`
struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the keys: what they open, until when, when last used.",
        discussion: "With --settings the keys of that file and of API_KEY and ADMIN_API_KEY stand in the list too.")

    @Flag(help: "Show revoked keys too.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let now = Date()
        let state = try options.folder()
        let settings = try options.load()
        var keys = try stored(in: state).map { KeyFacts($0, now: now) }
        keys += (settings?.keys ?? []).map { KeyFacts($0, now: now) }
        if json { return try Output.json(["keys": keys]) }
        guard !keys.isEmpty else {
            Output.message("There is no key in \(state.path).")
            return Output.message("hint: add one with 'steward key add NAME'")
        }
        let table = TextTable(headings: KeyFacts.headings, rows: keys.map(\.row))
        for line in table.lines() { try Output.line(line) }
    }

    /// Looking makes no folder.
    private func stored(in state: StateFolder) throws -> [StoredKey] {
        guard try KeyFolder.exists(state) else { return [] }
        return try KeyFolder(state).keys.list(includingRevoked: all)
    }
}
