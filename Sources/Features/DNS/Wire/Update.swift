/// A change of one RRset by dynamic update (RFC 2136): made only if the whole RRset is still what it was when it was
/// looked at, at once or not at all.
package struct RRsetUpdate: Hashable, Sendable {
    /// The zone's name.
    package var zone: DomainName
    /// The RRset's owner.
    package var owner: DomainName
    /// The RRset's type.
    package var type: RecordType
    /// The whole RRset as it must be; empty: there must be none.
    package var present: [RecordData]
    /// What is added. Where the RRset's TTL is to change, this is every record that stays.
    package var add: [RecordData]
    /// What is taken away.
    package var remove: [RecordData]
    /// The TTL of what is added, in seconds; BIND gives it to the whole RRset.
    package var ttl: UInt32

    /// A change.
    package init(
        zone: DomainName, owner: DomainName, type: RecordType, present: [RecordData], add: [RecordData],
        remove: [RecordData], ttl: UInt32
    ) {
        self.zone = zone
        self.owner = owner
        self.type = type
        self.present = present
        self.add = add
        self.remove = remove
        self.ttl = ttl
    }

    /// As a message with this id. Additions stand before deletions, so that the RRset is never empty in between, not
    /// even at a server that would not make the update as a whole.
    package func message(id: UInt16) -> Message {
        var message = Message(id: id, operation: .update)
        message.questions = [Message.Question(zone, .soa)]
        message.answers = prerequisites
        message.authority = add.map { ResourceRecord(owner, type, ttl: ttl, $0) } + remove.map(deletion)
        return message
    }

    /// RFC 2136, section 2.4.2 (the RRset exists, value dependent) and 2.4.3 (it does not exist).
    private var prerequisites: [ResourceRecord] {
        guard !present.isEmpty else {
            return [ResourceRecord(owner, type, ttl: 0, .other([]), recordClass: Self.classNone)]
        }
        return present.map { ResourceRecord(owner, type, ttl: 0, $0) }
    }

    /// RFC 2136, section 2.5.4: one record.
    private func deletion(_ data: RecordData) -> ResourceRecord {
        ResourceRecord(owner, type, ttl: 0, data, recordClass: Self.classNone)
    }

    private static let classNone: UInt16 = 254
}
