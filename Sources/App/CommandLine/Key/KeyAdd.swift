import ArgumentParser
import Foundation
import StewardAccess
import StewardServer
import StewardSettings

/// `steward key add`
struct KeyAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds a key and prints its secret, once.",
        discussion: """
            Standard output carries the secret alone, on one line, so that KEY=$(steward key add ci) works; everything \
            else goes to standard error. The secret can't be shown again: only its hash is kept.
            """)

    @Argument(help: "The name that the log shows: letters, digits, '.', '_', '-' or '@'.")
    var name: String

    @Option(help: "What it opens: api the zones that ask for an API key, admin every zone and the platform's API.")
    var role = KeyRole.api

    @Option(
        name: .customLong("zone"),
        help: ArgumentHelp("For the role api: a zone that it opens; may be given several times.", valueName: "PREFIX"))
    var zones: [String] = []

    @Option(
        help: ArgumentHelp(
            "When it stops counting: after a duration (90d, 12h, 30m, 60s), after a day (2027-01-31, UTC) or at a moment (2027-01-31T18:00:00Z).",
            valueName: "WHEN"))
    var expires: String?

    @Flag(help: "Print the key's facts and its secret as one JSON object.")
    var json = false

    @OptionGroup var options: StateOptions

    func validate() throws {
        if !KeyRules.isGoodName(name) { throw ValidationError(KeyStoreError.badName(name).description) }
        if role == .admin, !zones.isEmpty { throw ValidationError(KeyStoreError.adminWithZones.description) }
        for zone in zones { _ = try prefix(zone) }
        if let expires { _ = try KeyExpiry.parse(expires, now: Date()) }
    }

    func run() async throws {
        let now = Date()
        let prefixes = try zones.map(prefix)
        let expiry = try expires.map { try KeyExpiry.parse($0, now: now) }
        if let settings = try options.load() { try check(prefixes, settings: settings) }
        let folder = try KeyFolder(options.folder())
        let detail =
            "role \(role.rawValue), zones \(zones.isEmpty ? "all" : prefixes.map(\.text).joined(separator: " "))"
        let key = try folder.record("key.add", of: name, detail: detail) {
            try folder.keys.add(name: name, role: role, zones: prefixes, expires: expiry, now: now)
        }
        let facts = KeyFacts(try stored(name, in: folder), now: now)
        // The secret comes first: whatever happens to the rest, its holder has it.
        if json {
            try Output.json(KeyWithSecret(facts: facts, secret: key.secret))
        } else {
            let until = facts.expires.map { " until \($0)" } ?? ""
            Output.message("Added the \(role.rawValue) key '\(name)'\(until) to \(folder.state.path).")
            Output.message("This is its secret; it is not kept and can't be shown again:")
            try Output.line(key.secret)
        }
        await folder.announce()
    }

    private func stored(_ name: String, in folder: KeyFolder) throws -> StoredKey {
        guard let stored = try folder.keys.list().first(where: { $0.key.name == name }) else {
            throw CommandFailure("the key '\(name)' was revoked while it was being added")
        }
        return stored
    }

    private func prefix(_ text: String) throws -> ZonePrefix {
        do { return try ZonePrefix(parsing: text) } catch { throw ValidationError("--zone: \(error.message)") }
    }

    private func check(_ prefixes: [ZonePrefix], settings: ServerSettings) throws {
        let known = settings.zones.map(\.prefix)
        for prefix in prefixes where !known.contains(prefix) {
            let near = Spelling.nearest(to: prefix.text, among: known.map(\.text))
            throw CommandFailure(
                "there is no zone \(prefix) in the settings",
                hint: near.map { "did you mean \($0)?" } ?? "zones: \(known.map(\.text).joined(separator: ", "))")
        }
    }
}

/// What `steward key add --json` prints.
private struct KeyWithSecret: Encodable {
    var facts: KeyFacts
    var secret: String

    enum CodingKeys: CodingKey { case secret }

    func encode(to encoder: any Encoder) throws {
        try facts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(secret, forKey: .secret)
    }
}

extension KeyRole: ExpressibleByArgument {}
