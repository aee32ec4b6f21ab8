package import StewardDNS

/// What is to become of one TLSA RRset: nothing but own records is added or taken away.
package struct RRsetChange: Hashable, Sendable {
    /// The zone's name.
    package var zone: DomainName
    /// The RRset's owner: `_25._tcp.mail.example.`.
    package var owner: DomainName
    /// The whole RRset as it was last seen on the wire: what compare-and-swap compares with.
    package var present: [TLSA]
    /// What is added.
    package var add: [TLSA]
    /// What is taken away; each was once added by Steward or belongs to a certificate that it deployed.
    package var remove: [TLSA]
    /// The TTL of the whole RRset, in seconds: one record's TTL is every record's (RFC 2181, section 5.2).
    package var ttl: UInt32

    /// A change.
    package init(
        zone: DomainName, owner: DomainName, present: [TLSA], add: [TLSA], remove: [TLSA], ttl: UInt32
    ) {
        self.zone = zone
        self.owner = owner
        self.present = present
        self.add = add
        self.remove = remove
        self.ttl = ttl
    }

    /// The RRset as it will be.
    package var wanted: [TLSA] { Array(Set(present).subtracting(remove).union(add)).sorted() }
}

/// Why a change was not published. Nothing of it is there, or `mayBeThere` says otherwise.
package struct PublishFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word: `conflict` (somebody else changed the RRset), `refused`, `not-authoritative`, `bad-key`,
    /// `bad-signature`, `bad-time`, `unreachable`, `zone-unreadable`, `zone-invalid`, `not-served`, `program-failed`, ...
    package var code: String
    /// What happened and what to do: whole sentences.
    package var text: String
    /// Whether trying again may help without anybody's doing.
    package var isPassing: Bool
    /// Whether the change may have been made all the same: look before trying again.
    package var mayBeThere: Bool

    /// A failure.
    package init(_ code: String, _ text: String, isPassing: Bool = false, mayBeThere: Bool = false) {
        self.code = code
        self.text = text
        self.isPassing = isPassing
        self.mayBeThere = mayBeThere
    }

    package var description: String { text }
}

/// Publishes changes of TLSA RRsets in one zone: by UPDATE, in a zone file, or through a program of the user's.
package protocol Publisher: Sendable {
    /// How it is named in plans and logs: `UPDATE to 192.0.2.1:53`, `/etc/bind/db.example`.
    var place: String { get }
    /// Makes the change and sees, on the wire, that the primary serves it. A change that is there already is no failure.
    func publish(_ change: RRsetChange) async throws(PublishFailure)
}
