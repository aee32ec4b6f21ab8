package import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Publishes through a program of the user's. It is run as `PROGRAM ... set ZONE OWNER TTL` and gets the whole
/// change as JSON on its standard input; what it must bring about is `wanted`. Exit status 0 says that it is done, and
/// then the primary is asked: what isn't served wasn't published.
package struct ProgramPublisher: Publisher {
    /// The program and its first arguments.
    package var words: [String]
    /// The servers that are asked afterwards; the first that answers counts.
    package var servers: [NameServer]
    /// How they are asked.
    package var exchange: any DNSExchanging
    /// How long the program may run, in seconds; it and all that it started are killed then.
    package var seconds: Double = 120
    /// How long the servers may take to serve what it did.
    package var patience: Duration = .seconds(120)

    /// A publisher.
    package init(words: [String], servers: [NameServer], exchange: any DNSExchanging) {
        self.words = words
        self.servers = servers
        self.exchange = exchange
    }

    package var place: String { words.joined(separator: " ") }

    /// What the program gets on its standard input; records as zone files have them: `3 1 1 0ab1...`.
    struct Input: Codable, Hashable {
        /// With the last period.
        var zone: String
        /// With the last period.
        var owner: String
        var type = "TLSA"
        /// In seconds.
        var ttl: UInt32
        /// The whole RRset as it was seen: another one is a conflict, exit status 75.
        var present: [String]
        var add: [String]
        var remove: [String]
        /// The whole RRset as it must be afterwards.
        var wanted: [String]
    }

    private static let conflictStatus = "exit status 75"

    package func publish(_ change: RRsetChange) async throws(PublishFailure) {
        try change.check()
        let input = Input(
            zone: change.zone.description, owner: change.owner.description, ttl: change.ttl,
            present: change.present.map(\.description), add: change.add.map(\.description),
            remove: change.remove.map(\.description), wanted: change.wanted.map(\.description))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(input) else {
            throw PublishFailure("program-failed", "The change can't be written as JSON.")
        }
        let environment = [
            "STEWARD_ZONE": input.zone, "STEWARD_OWNER": input.owner, "STEWARD_TYPE": input.type,
            "STEWARD_TTL": "\(change.ttl)", "STEWARD_PRESENT": input.present.joined(separator: "\n"),
            "STEWARD_ADD": input.add.joined(separator: "\n"), "STEWARD_REMOVE": input.remove.joined(separator: "\n"),
            "STEWARD_WANTED": input.wanted.joined(separator: "\n"),
        ]
        let command = Command(words + ["set", input.zone, input.owner, "\(change.ttl)"])
        let outcome = await command.run(seconds: seconds, environment: environment, input: Array(json) + [10])
        try await verify(change, outcome)
    }

    private func verify(_ change: RRsetChange, _ program: Command.Outcome) async throws(PublishFailure) {
        let patience = program.isGood ? patience : .seconds(1)
        var seen = "there is no server to ask"
        for server in servers {
            let look = PrimaryLook(exchange: exchange, server: server)
            switch await look.wait(for: change, patience: patience, waitsForTTL: false) {
            case .served, .otherTTL: return
            case .failed(let failure):
                seen = "\(failure)"
                continue
            case .notServed(let set): seen = "\(server) serves \(set.obstacle ?? set.records.inWords)"
            }
            break
        }
        guard program.isGood else {
            if program.reason.hasPrefix(Self.conflictStatus) {
                throw PublishFailure(
                    "conflict",
                    "\(place): the TLSA records of \(change.owner) aren't what they were (\(program.reason)).",
                    isPassing: true, mayBeThere: true)
            }
            throw PublishFailure(
                "program-failed",
                "\(place) failed: \(program.reason). The change isn't served (\(seen)). Run it by hand with the same input to see why.",
                isPassing: true, mayBeThere: true)
        }
        throw PublishFailure(
            "not-served",
            "\(place) ended well, and what it was to publish isn't served within \(patience.components.seconds) s: \(seen).",
            isPassing: true, mayBeThere: true)
    }
}
