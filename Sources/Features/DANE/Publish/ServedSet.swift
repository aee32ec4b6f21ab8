package import StewardDNS

/// The TLSA RRset that one server serves at an owner, as anybody gets it.
package struct ServedSet: Hashable, Sendable {
    /// The records, in order.
    package var records: [TLSA]
    /// Their TTL in seconds; nil where there are none.
    package var ttl: UInt32?
    /// Why records could not be seen there though the server answered: an alias, a referral, an error; whole words
    /// without a period.
    package var obstacle: String?

    /// A set.
    package init(records: [TLSA] = [], ttl: UInt32? = nil, obstacle: String? = nil) {
        self.records = records
        self.ttl = ttl
        self.obstacle = obstacle
    }

    /// Whether it is `wanted`, whatever the TTL.
    package func holds(_ wanted: [TLSA]) -> Bool { obstacle == nil && Set(records) == Set(wanted) }

    /// From an answer to a query for the TLSA records of `owner`.
    package init(_ answer: Message, owner: DomainName) {
        let own = answer.answers.filter { $0.name == owner && $0.recordClass == 1 }
        var records: [TLSA] = []
        for record in own {
            guard case .tlsa(let data) = record.data else { continue }
            records.append(data)
            ttl = min(ttl ?? record.ttl, record.ttl)
        }
        self.records = Array(Set(records)).sorted()
        obstacle = Self.obstacle(answer, own, owner)
    }

    private static func obstacle(_ answer: Message, _ own: [ResourceRecord], _ owner: DomainName) -> String? {
        if ![0, 3].contains(answer.code) { return "the server answered \(DNSCode.name(answer.code))" }
        for record in own {
            if case .cname(let target) = record.data {
                return "\(owner) is an alias (CNAME) of \(target), where its TLSA records belong"
            }
        }
        if !answer.isAuthoritative { return "the server doesn't answer for \(owner) itself (no AA bit)" }
        return nil
    }
}

/// Names of answer codes (RFC 1035, section 4.1.1; RFC 2136, section 2.2).
enum DNSCode {
    private static let names = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
        "NOTZONE",
    ]

    /// `REFUSED`, or `code 23`.
    static func name(_ code: UInt16) -> String {
        names.indices.contains(Int(code)) ? names[Int(code)] : "code \(code)"
    }
}

/// Asks the primary what it serves.
struct PrimaryLook: Sendable {
    /// How it is asked.
    let exchange: any DNSExchanging
    /// Where.
    let server: NameServer
    /// Used only where the server refuses whoever doesn't sign.
    var key: TSIGKey?

    /// The TLSA RRset at `owner`.
    func look(_ owner: DomainName) async throws(DNSFailure) -> ServedSet {
        var query = Message(id: .random(in: .min ... .max))
        query.questions = [Message.Question(owner, .tlsa)]
        var answer = try await exchange.exchange(query, with: server, key: nil)
        if let key, answer.code == 5 { answer = try await exchange.exchange(query, with: server, key: key) }
        return ServedSet(answer, owner: owner)
    }

    /// What came of waiting for a set.
    enum Outcome: Sendable {
        /// It is served, TTL and all.
        case served
        /// The records are served, the TTL is another.
        case otherTTL(UInt32)
        /// It isn't, to the end; what was last seen.
        case notServed(ServedSet)
        /// The server gave no answer, to the end.
        case failed(DNSFailure)
    }

    /// Asks until `change`'s wanted set is served with its TTL or `patience` is over. A set with another TTL is waited
    /// for only if `waitsForTTL`.
    func wait(for change: RRsetChange, patience: Duration, waitsForTTL: Bool) async -> Outcome {
        let (clock, wanted) = (ContinuousClock(), change.wanted)
        let end = clock.now + patience
        var pause = Duration.milliseconds(20)
        while true {
            let outcome = await outcome(change, wanted)
            switch outcome {
            case .served: return outcome
            case .otherTTL where !waitsForTTL: return outcome
            default: break
            }
            guard clock.now + pause < end, !Task.isCancelled else { return outcome }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    private func outcome(_ change: RRsetChange, _ wanted: [TLSA]) async -> Outcome {
        do throws(DNSFailure) {
            let served = try await look(change.owner)
            guard served.holds(wanted) else { return .notServed(served) }
            if let ttl = served.ttl, ttl != change.ttl { return .otherTTL(ttl) }
            return .served
        } catch {
            return .failed(error)
        }
    }
}
