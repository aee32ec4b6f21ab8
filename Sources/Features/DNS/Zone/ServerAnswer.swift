/// What one address of one name server says about a zone, asked itself.
package struct ServerAnswer: Hashable, Sendable {
    /// An RRset that is asked for.
    package struct Question: Hashable, Sendable {
        /// The owner.
        package var name: DomainName
        /// The type.
        package var type: RecordType

        /// A question.
        package init(_ name: DomainName, _ type: RecordType) {
            self.name = name
            self.type = type
        }
    }

    /// Why a server gave no answer that counts.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Which kind.
        package enum Reason: Hashable, Sendable {
            /// The name server's name has no address.
            case noAddress
            /// Nothing usable came.
            case exchange(DNSFailure.Reason)
            /// It answers with an error (RCODE): 5 REFUSED, 2 SERVFAIL.
            case code(UInt16)
            /// It doesn't serve the zone itself: no AA, or it refers to others (a lame delegation).
            case notAuthoritative
        }

        /// Which kind.
        package var reason: Reason
        /// What happened, in words, ending without a period.
        package var text: String

        /// A failure.
        package init(_ reason: Reason, _ text: String) {
            self.reason = reason
            self.text = text
        }

        /// The text.
        package var description: String { text }
    }

    /// An RRset as the server has it.
    package struct RecordSet: Hashable, Sendable {
        /// The records of the type; none where there are none.
        package var records: [ResourceRecord]
        /// Their signatures.
        package var signatures: [Signature]
        /// The records' TTL in seconds, the smallest; where there are none, how long that may be kept (RFC 2308, section 5).
        package var ttl: UInt32
        /// Whether the owner doesn't exist at all (NXDOMAIN).
        package var isMissingName: Bool
        /// Where the owner is an alias (CNAME): of what.
        package var alias: DomainName?

        /// Until when the signatures hold, the earliest, in seconds since 1970; nil where there are none. `now` tells which
        /// of the moments that 32 bits may mean it is (RFC 4034, section 3.1.5).
        package func signedUntil(now: Int64) -> Int64? { signatures.map { $0.expires(near: now) }.min() }
    }

    /// The name server's name; the address where only that was given.
    package var name: String
    /// Where it was asked; the address is empty where its name has none.
    package var server: NameServer
    /// Why nothing here counts; nil if it does.
    package var failure: Failure?
    /// The zone's SOA there.
    package var start: StartOfAuthority?
    /// How long "there is none" may be kept, in seconds: the smaller of the SOA's TTL and its minimum (RFC 2308, section 5).
    package var negativeTTL: UInt32?
    /// What it has of what was asked for; whole where there is no failure.
    package var sets: [Question: RecordSet] = [:]

    /// An answer.
    package init(name: String, server: NameServer, failure: Failure? = nil) {
        self.name = name
        self.server = server
        self.failure = failure
    }

    /// The zone's serial there.
    package var serial: UInt32? { start?.serial }

    /// Whether this machine has no way there (no IPv6, mostly), which says nothing about the server.
    package var isOutOfReach: Bool {
        guard server.address.contains(":"), let failure else { return false }
        return failure.reason == .exchange(.unreachable) || failure.reason == .exchange(.local)
    }
}

extension Signature {
    /// The moment of `expiration` that is nearest to `now`, both in seconds since 1970 (RFC 4034, section 3.1.5).
    package func expires(near now: Int64) -> Int64 {
        now + Int64(Int32(truncatingIfNeeded: Int64(expiration) - now))
    }
}
