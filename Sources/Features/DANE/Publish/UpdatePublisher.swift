package import StewardCertificates
package import StewardDNS

/// Publishes by RFC 2136: one UPDATE, signed, which the primary makes as a whole and only if the RRset is still what it
/// was when it was looked at.
package struct UpdatePublisher: Publisher {
    /// The primary.
    package var server: NameServer
    /// The key that may change the TLSA records, read anew for each change.
    package var key: @Sendable () throws(PublishFailure) -> TSIGKey
    /// How the primary is asked.
    package var exchange: any DNSExchanging
    /// How long the primary may take to serve what it has accepted.
    package var patience: Duration = .seconds(10)
    /// Hears of what was published otherwise than asked for: `ttl-cut`.
    package var notice: @Sendable (Finding) -> Void = { _ in }

    /// A publisher to `server`.
    package init(
        server: NameServer, key: @escaping @autoclosure @Sendable () throws(PublishFailure) -> TSIGKey,
        exchange: any DNSExchanging, patience: Duration = .seconds(10),
        notice: @escaping @Sendable (Finding) -> Void = { _ in }
    ) {
        self.server = server
        self.key = key
        self.exchange = exchange
        self.patience = patience
        self.notice = notice
    }

    package var place: String { "UPDATE to \(server)" }

    package func publish(_ change: RRsetChange) async throws(PublishFailure) {
        try change.check()
        let key = try key()
        let refusal = UpdateRefusal(change: change, server: server, key: key.name)
        let look = PrimaryLook(exchange: exchange, server: server, key: key)
        let code: UInt16
        let served: ServedSet?
        do throws(DNSFailure) {
            let message = RRsetUpdate(change).message(id: .random(in: .min ... .max))
            code = try await exchange.exchange(message, with: server, key: key).code
            // YXRRSET, NXRRSET: our own earlier, unanswered attempt, or somebody else.
            served = code == 7 || code == 8 ? try await look.look(change.owner) : nil
        } catch {
            throw refusal.failure(error)
        }
        if let served {
            guard served.holds(change.wanted) else { throw .conflict(change, served, place: "\(server)") }
        } else if code != 0 {
            throw refusal.failure(code)
        }
        try await verify(change, look)
    }

    private func verify(_ change: RRsetChange, _ look: PrimaryLook) async throws(PublishFailure) {
        switch await look.wait(for: change, patience: patience, waitsForTTL: false) {
        case .served: return
        case .otherTTL(let ttl): notice(.ttlDiffers(change, served: ttl, server: server))
        case .failed(let failure):
            throw PublishFailure(
                "unreachable",
                "\(server) took the UPDATE and then could not be asked for it: \(failure.text). It is looked at again.",
                isPassing: true, mayBeThere: true)
        case .notServed(let served):
            let seen = served.obstacle ?? "it serves \(served.records.inWords)"
            throw PublishFailure(
                "not-served",
                "\(server) took the UPDATE of \(change.owner) and doesn't serve it: \(seen). If it has several views, let the key match the view that the world sees (match-clients); if '\(change.owner)' lies in another zone, set 'dane.zones' to that zone.",
                mayBeThere: true)
        }
    }
}

extension RRsetUpdate {
    /// Every record that stays is added anew: the ones that are there already are no change, and all get the TTL.
    init(_ change: RRsetChange) {
        let (wanted, present) = (change.wanted, Set(change.present))
        self.init(
            zone: change.zone, owner: change.owner, type: .tlsa,
            present: present.sorted().map { .tlsa($0) }, add: wanted.map { .tlsa($0) },
            remove: present.subtracting(wanted).sorted().map { .tlsa($0) }, ttl: change.ttl)
    }
}
