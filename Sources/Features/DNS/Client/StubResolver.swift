#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which resolvers this machine asks, and how (resolv.conf(5)).
package struct ResolverConfiguration: Hashable, Sendable {
    /// The resolvers in their order, three at most.
    package var servers: [NameServer]
    /// How long each has for an answer.
    package var timeout: Duration
    /// How often all of them are asked.
    package var attempts: Int

    /// From the text of a resolv.conf; a line that says nothing known is passed over, as the C library does.
    package init(_ text: String) {
        (servers, timeout, attempts) = ([], .seconds(5), 2)
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";" else { continue }
            let words = line.split(whereSeparator: \.isWhitespace)
            switch words.first {
            case "nameserver" where words.count > 1 && servers.count < 3: servers.append(NameServer(String(words[1])))
            case "options":
                for option in words.dropFirst() {
                    let parts = option.split(separator: ":", maxSplits: 1)
                    guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { continue }
                    if parts[0] == "timeout" { timeout = .seconds(min(max(1, number), 30)) }
                    if parts[0] == "attempts" { attempts = min(max(1, number), 5) }
                }
            default: break
            }
        }
        if servers.isEmpty { servers = [NameServer("127.0.0.1")] }
    }

    /// This machine's; where the file can't be read, a resolver on this machine.
    package static func system(_ path: String = "/etc/resolv.conf") -> ResolverConfiguration {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        return ResolverConfiguration(String(decoding: data.prefix(1 << 16), as: UTF8.self))
    }
}

/// Asks this machine's resolvers in turn and believes them; `Validator` is the one that doesn't.
package struct StubResolver: Sendable {
    /// Why nobody answered, ending without a period.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What happened.
        package var text: String

        /// The text.
        package var description: String { text }
    }

    private let configuration: ResolverConfiguration
    private let client: DNSClient

    /// Asks those of `configuration`, at most `atOnce` look-ups at a time.
    package init(_ configuration: ResolverConfiguration = .system(), atOnce: Int = 64) {
        self.configuration = configuration
        client = DNSClient(
            limits: .init(
                tryTime: configuration.timeout, tries: 1, streamTime: configuration.timeout, atOnce: atOnce))
    }

    /// The first answer of a resolver that says NOERROR or NXDOMAIN.
    package func query(_ name: DomainName, _ type: RecordType) async throws(Failure) -> Message {
        var last: DNSFailure?
        for _ in 0..<configuration.attempts {
            for server in configuration.servers {
                guard !Task.isCancelled else { throw Failure(text: "it was cancelled") }
                do throws(DNSFailure) {
                    let answer = try await ask(name, type, server)
                    if [0, 3].contains(answer.code) { return answer }
                    last = DNSFailure(.damaged, server, "it answers with error \(answer.code)")
                } catch { last = error }
            }
        }
        guard !Task.isCancelled else { throw Failure(text: "it was cancelled") }
        throw Failure(text: "no name server answered" + (last.map { " (\($0))" } ?? ""))
    }

    private func ask(
        _ name: DomainName, _ type: RecordType, _ server: NameServer
    ) async throws(DNSFailure) -> Message {
        var message = Message(id: 0)
        message.recursionDesired = true
        message.questions = [Message.Question(name, type)]
        message.edns = Message.EDNS(wantsSignatures: false)
        let answer = try await client.exchange(message, with: server, key: nil)
        // FORMERR and NOTIMP: a forwarder that knows no EDNS (RFC 6891, section 7).
        guard [1, 4].contains(answer.code) else { return answer }
        message.edns = nil
        return try await client.exchange(message, with: server, key: nil)
    }
}
