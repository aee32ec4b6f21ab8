/// Looks TLSA records up through this machine's resolvers, unvalidated.
package struct TLSALookup: Sendable {
    /// What looking up gave.
    package enum Answer: Hashable, Sendable {
        /// The records; none where the name has none.
        case records([TLSA])
        /// It could not be found out; why.
        case unknown(String)
    }

    private let resolver: StubResolver

    /// Looks up at most `atOnce` at a time, through `server` where it isn't nil.
    package init(atOnce: Int = 16, server: NameServer? = nil) {
        var configuration = ResolverConfiguration.system()
        if let server { configuration.servers = [server] }
        configuration.timeout = min(configuration.timeout, .seconds(3))
        configuration.attempts = min(configuration.attempts, 2)
        resolver = StubResolver(configuration, atOnce: atOnce)
    }

    /// The records of `_PORT._TRANSPORT.NAME`, behind an alias too. A cancelled caller isn't kept waiting.
    package func records(of name: String, port: Int, transport: String = "tcp") async -> Answer {
        // What can't be asked about has none.
        guard !name.utf8.contains(0), let owner = DomainName(name)?.prefixed("_\(port)._\(transport)") else {
            return .records([])
        }
        let answer: Message
        do { answer = try await resolver.query(owner, .tlsa) } catch { return .unknown(error.text) }
        var records: [TLSA] = []
        for record in answer.chain(from: owner, .tlsa).1 {
            guard case .tlsa(let data) = record.data, !data.bytes.isEmpty else {
                return .unknown("the name server's answer is damaged")
            }
            records.append(data)
        }
        return .records(records)
    }
}
