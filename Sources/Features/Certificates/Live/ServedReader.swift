internal import StewardProbe

/// Asks ports which certificates they present, for no name and for every name of the inventory.
struct ServedReader: Sendable {
    /// One port at one address.
    struct Endpoint: Hashable, Sendable {
        var address: String
        var port: Int
        var dialect: Dialect
        /// How the administrator knows it: `:25 STARTTLS`, `127.0.0.1:443`.
        var label: String
        /// Who holds it.
        var holder: UsingProcess?
    }

    /// What a port presented.
    struct Served: Hashable, Sendable {
        var endpoint: Endpoint
        /// The server's own certificate in DER.
        var leaf: [UInt8]
        /// The names that it was presented for beside those for which the port presents it anyway; empty for the
        /// certificate that comes without a name.
        var names: [String]
    }

    /// What all ports gave.
    struct Result: Sendable {
        var served: [Served] = []
        var looked: [String] = []
        var unread: [UnreadPlace] = []
    }

    let prober: Prober
    /// For how many names at most a port is asked.
    var namesPerPort = 20_000

    /// Programs whose every port is worth asking: they are there to speak TLS, and answer what they don't understand.
    private static let webServers: Set<String> = [
        "nginx", "apache2", "httpd", "haproxy", "caddy", "stalwart", "lighttpd", "traefik", "envoy", "h2o", "hitch",
    ]

    /// The ports to ask of `listeners`: those with a usual service or of a web server, and all others as TLS if
    /// `unusual`.
    static func endpoints(
        _ listeners: [Listener], own: [String], holders: [UInt64: [UsingProcess]], unusual: Bool
    ) -> [Endpoint] {
        var found: [Endpoint] = []
        var seen: Set<String> = []
        for listener in listeners {
            let holder = holder(of: listener, holders)
            let isWorthAsking = unusual || holder.map { webServers.contains($0.name) } ?? false
            guard let dialect = Dialect(usualOnPort: listener.port) ?? (isWorthAsking ? .tls : nil) else { continue }
            for address in addresses(listener, own) where seen.insert("\(address) \(listener.port)").inserted {
                let isLoopback = address == "127.0.0.1" || address == "::1"
                let target = ProbeTarget(address, port: listener.port, dialect: dialect)
                let place = listener.isEverywhere && isLoopback ? ":\(listener.port)" : target.endpoint
                found.append(
                    Endpoint(
                        address: address, port: listener.port, dialect: dialect,
                        label: dialect.label.isEmpty ? place : "\(place) \(dialect.label)", holder: holder))
            }
        }
        return found
    }

    /// systemd holds the sockets of the services that it starts by them.
    private static func holder(of listener: Listener, _ holders: [UInt64: [UsingProcess]]) -> UsingProcess? {
        let holding = holders[listener.inode] ?? []
        return holding.first { $0.id != 1 } ?? holding.first
    }

    /// The process behind a port at an address; nil where the address isn't this machine's or nobody is known.
    static func holder(
        of port: Int, at address: String, _ listeners: [Listener], _ holders: [UInt64: [UsingProcess]]
    ) -> UsingProcess? {
        let isOwn = address.hasPrefix("127.") || address == "::1" || OwnAddresses.current.contains(address)
        guard isOwn else { return nil }
        let matching = listeners.filter { $0.port == port && ($0.address == address || $0.isEverywhere) }
        return (matching.first { $0.address == address } ?? matching.first).flatMap { holder(of: $0, holders) }
    }

    /// A socket on every address may present another certificate on each: loopback and up to eight of the machine's.
    private static func addresses(_ listener: Listener, _ own: [String]) -> [String] {
        switch listener.address {
        case "0.0.0.0": ["127.0.0.1"] + own.filter { !$0.contains(":") }.prefix(8)
        case "::": ["::1"] + own.filter { $0.contains(":") }.prefix(8)
        default: [listener.address]
        }
    }

    /// Asks every endpoint for `names`.
    func read(_ endpoints: [Endpoint], names: [String]) async -> Result {
        let askable = names.map { $0.hasPrefix("*.") ? "steward-probe" + $0.dropFirst() : $0 }
        // Those that are written in digits can't be asked for (RFC 6066, section 3).
        let hosts = Array(askable.filter { $0.contains { !$0.isNumber && $0 != "." } && !$0.contains(":") })
        return await withTaskGroup(of: Result.self) { group in
            for endpoint in endpoints { group.addTask { await ask(endpoint, hosts) } }
            var whole = Result()
            for await part in group {
                whole.served += part.served
                whole.looked += part.looked
                whole.unread += part.unread
            }
            whole.served.sort { ($0.endpoint.port, $0.endpoint.label) < ($1.endpoint.port, $1.endpoint.label) }
            whole.looked.sort()
            return whole
        }
    }

    private func ask(_ endpoint: Endpoint, _ names: [String]) async -> Result {
        var result = Result(looked: ["port \(endpoint.label)"])
        let plain = await prober.probeEveryKey(target(endpoint, nil))
        var leaves: [[UInt8]] = plain.compactMap(\.leaf)
        result.served = leaves.map { Served(endpoint: endpoint, leaf: $0, names: []) }
        var trouble: ProbeFailure?
        if leaves.isEmpty, case .failure(let failure)? = plain.first {
            if failure.saysNoTLS { return result }
            trouble = failure
            guard failure.reason == .tls else {
                result.unread.append(unread(endpoint, failure))
                return result
            }
        }
        guard endpoint.dialect.choosesByName else { return result }
        let byName = await ask(endpoint, Array(names.prefix(namesPerPort)), everyKey: leaves.count > 1)
        var grouped: [[UInt8]: [String]] = [:]
        for (name, outcomes) in byName {
            for outcome in outcomes {
                if let leaf = outcome.leaf {
                    if !leaves.contains(leaf) { grouped[leaf, default: []].append(name) }
                    trouble = nil
                } else if case .failure(let failure) = outcome, failure.reason != .tls, trouble == nil {
                    trouble = failure
                }
            }
        }
        leaves += grouped.keys
        result.served += grouped.map { Served(endpoint: endpoint, leaf: $0.key, names: $0.value.sorted()) }
            .sorted { $0.names.lexicographicallyPrecedes($1.names) }
        if let trouble { result.unread.append(unread(endpoint, trouble)) }
        if names.count > namesPerPort {
            let reason = "it was asked for the first \(namesPerPort) of \(names.count) names only"
            result.unread.append(UnreadPlace("port \(endpoint.label)", reason: reason))
        }
        return result
    }

    /// Few at a time: mail servers have few processes, and they are there for mail.
    private func ask(
        _ endpoint: Endpoint, _ names: [String], everyKey: Bool
    ) async -> [(String, [Swift.Result<Presentation, ProbeFailure>])] {
        let width = endpoint.dialect == .tls ? 16 : 4
        return await withTaskGroup(of: (String, [Swift.Result<Presentation, ProbeFailure>]).self) { group in
            var rest = names[...]
            var answers: [(String, [Swift.Result<Presentation, ProbeFailure>])] = []
            func next() {
                guard let name = rest.popFirst() else { return }
                group.addTask { (name, await probe(target(endpoint, name), everyKey: everyKey)) }
            }
            for _ in 0..<width { next() }
            for await answer in group {
                answers.append(answer)
                next()
            }
            return answers
        }
    }

    private func probe(_ target: ProbeTarget, everyKey: Bool) async -> [Swift.Result<Presentation, ProbeFailure>] {
        if everyKey { return await prober.probeEveryKey(target) }
        do {
            return [.success(try await prober.probe(target))]
        } catch {
            return [.failure(error)]
        }
    }

    private func target(_ endpoint: Endpoint, _ name: String?) -> ProbeTarget {
        ProbeTarget(endpoint.address, port: endpoint.port, dialect: endpoint.dialect, name: name)
    }

    private func unread(_ endpoint: Endpoint, _ failure: ProbeFailure) -> UnreadPlace {
        let holder = endpoint.holder.map { " of \($0.text)" } ?? ""
        return UnreadPlace(
            "port \(endpoint.label)\(holder)",
            reason: "\(failure.text); ask it with 'steward certs probe \(failure.target.endpoint)'")
    }
}

extension Result<Presentation, ProbeFailure> {
    /// The server's own certificate, of a failed handshake too.
    fileprivate var leaf: [UInt8]? {
        switch self {
        case .success(let presentation): presentation.chain.first
        case .failure(let failure): failure.chain.first
        }
    }
}

extension ProbeFailure {
    /// Whether no certificate can be behind it: nothing listens, no TLS is offered, plain text is spoken.
    fileprivate var saysNoTLS: Bool {
        switch reason {
        case .refused, .notOffered: true
        case .tls: text.hasPrefix(ProbeFailure.plainText)
        default: false
        }
    }
}
