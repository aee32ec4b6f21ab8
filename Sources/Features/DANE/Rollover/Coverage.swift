package import StewardDNS

/// Whether an RRset lets senders accept a certificate.
package enum Coverage {
    /// Whether a sender that accepts any usable record, and one that uses the strongest digests only (RFC 7671, section
    /// 9), both find one of `records` in `set`.
    package static func matches(_ set: [TLSA], _ records: [TLSA]) -> Bool {
        set.contains { record in records.contains(record) && !isHidden(record, in: set) }
    }

    /// Whether all of `records` are in `set`, and one of them at least is not hidden.
    package static func isComplete(_ set: [TLSA], _ records: [TLSA]) -> Bool {
        records.allSatisfy(set.contains) && matches(set, records)
    }

    /// Whether a record with a stronger digest makes senders with digest agility leave this one aside.
    static func isHidden(_ record: TLSA, in set: [TLSA]) -> Bool {
        record.matching == 1
            && set.contains {
                $0.matching == 2 && $0.bytes.count == 64 && $0.usage == record.usage && $0.selector == record.selector
            }
    }
}
