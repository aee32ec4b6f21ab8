internal import StewardCertificates
package import StewardDNS

/// What a record is worth to a client.
package struct JudgedRecord: Hashable, Sendable {
    /// Whether a client can use it.
    package enum Standing: Hashable, Sendable {
        case usable
        /// Well formed, and of no use to this kind of client; why.
        case unusable(String)
        /// No client can use it; why.
        case malformed(String)
    }

    /// The record.
    package var record: TLSA
    /// Whether a client can use it.
    package var standing: Standing
    /// Whether clients pass it over because the RRset has a stronger digest for the same usage and selector (RFC 7671,
    /// section 9).
    package var isSuperseded = false
    /// Whether the same record stood before it.
    package var isRepeated = false

    /// Whether it takes part in matching.
    package var counts: Bool { standing == .usable && !isSuperseded && !isRepeated }
}

/// Judges TLSA RRsets (RFC 6698, section 4.1; RFC 7671, sections 5 and 9; RFC 7672, section 3.1).
package enum RecordJudge {
    /// How many records an RRset may have before it is told: more hardly ever have a reason.
    static let many = 8

    /// Each record of an RRset, in the RRset's order.
    package static func judge(_ records: [TLSA], isSMTP: Bool) -> [JudgedRecord] {
        var seen: Set<TLSA> = []
        var judged = records.map { record in
            JudgedRecord(
                record: record, standing: standing(record, isSMTP: isSMTP),
                isRepeated: !seen.insert(record).inserted)
        }
        for index in judged.indices {
            let one = judged[index].record
            judged[index].isSuperseded =
                one.matching != 0
                && judged.contains {
                    $0.standing == .usable && $0.record.usage == one.usage && $0.record.selector == one.selector
                        && $0.record.matching > one.matching
                }
        }
        return judged
    }

    /// Whether a client can use the record.
    package static func standing(_ record: TLSA, isSMTP: Bool) -> JudgedRecord.Standing {
        guard record.usage <= 3 else { return .malformed("there is no usage \(record.usage), only 0 to 3") }
        guard record.selector <= 1 else { return .malformed("there is no selector \(record.selector), only 0 and 1") }
        guard record.matching <= 2 else {
            return .malformed("there is no matching type \(record.matching), only 0 to 2")
        }
        if let flaw = flaw(record) { return .malformed(flaw) }
        if isSMTP, record.usage <= 1 {
            return .unusable("mail servers don't use usage \(record.usage) (RFC 7672, section 3.1.3)")
        }
        return .usable
    }

    private static func flaw(_ record: TLSA) -> String? {
        switch (record.matching, record.selector) {
        case (1, _), (2, _):
            let (name, length) = record.matching == 1 ? ("SHA-256", 32) : ("SHA-512", 64)
            if record.bytes.count == length { return nil }
            return
                "it has \(record.bytes.count) \(record.bytes.count == 1 ? "byte" : "bytes"), and a \(name) has \(length)"
        case (_, 0): return KeyMaterial.isCertificate(record.bytes) ? nil : "its bytes are no certificate"
        default: return KeyMaterial.isPublicKey(record.bytes) ? nil : "its bytes are no public key"
        }
    }

    /// What is wrong with an RRset in itself. `owner` is told in the texts.
    package static func findings(_ judged: [JudgedRecord], owner: DomainName, isSMTP: Bool) -> [CheckFinding] {
        var found: [CheckFinding] = []
        let place = "\(owner)"
        let hasUsable = judged.contains { $0.standing == .usable }
        for one in judged where !one.isRepeated {
            switch one.standing {
            case .usable: break
            case .malformed(let why):
                found.append(
                    CheckFinding(
                        .recordMalformed, place,
                        "The record '\(brief(one.record))' at \(owner) is damaged: \(why). Senders pass it over; take it away or publish it anew."
                    ))
            case .unusable(let why):
                found.append(
                    CheckFinding(
                        .recordPKIX, place,
                        "The record '\(brief(one.record))' at \(owner) is of no use here: \(why). Use \(one.record.usage + 2) \(one.record.selector) \(one.record.matching)."
                    ))
            }
        }
        if !hasUsable, !judged.isEmpty {
            found.append(
                CheckFinding(
                    .noUsable, place,
                    "None of the \(judged.count) records at \(owner) can be used: senders must encrypt and can't tell with whom. Publish a record 3 1 1 of the served key."
                ))
        }
        found += shape(judged, owner)
        return found
    }

    /// Repetitions, weak beside strong, too many.
    private static func shape(_ judged: [JudgedRecord], _ owner: DomainName) -> [CheckFinding] {
        var found: [CheckFinding] = []
        for one in judged where one.isRepeated {
            found.append(
                CheckFinding(
                    .recordRepeated, "\(owner)",
                    "The record '\(brief(one.record))' stands at \(owner) more than once; one will do."))
        }
        for one in judged where one.isSuperseded && one.standing == .usable && !one.isRepeated {
            found.append(
                CheckFinding(
                    .recordSuperseded, "\(owner)",
                    "Senders that know SHA-512 pass over '\(brief(one.record))' at \(owner), because the RRset has a \(one.record.usage) \(one.record.selector) 2 too (RFC 7671, section 9): each key needs both records, or none of them SHA-512."
                ))
        }
        if judged.count > many {
            found.append(
                CheckFinding(
                    .recordsMany, "\(owner)",
                    "There are \(judged.count) records at \(owner). Large answers get lost more often; take away those whose key is served no more."
                ))
        }
        let only512 = Set(
            judged.filter { $0.counts && $0.record.matching == 2 }.map { [$0.record.usage, $0.record.selector] })
        let has = Set(
            judged.filter { $0.standing == .usable && $0.record.matching != 2 }.map {
                [$0.record.usage, $0.record.selector]
            })
        if !only512.isEmpty, only512.subtracting(has) == only512,
            judged.allSatisfy({ $0.standing != .usable || $0.record.matching == 2 })
        {
            found.append(
                CheckFinding(
                    .recordSHA512Alone, "\(owner)",
                    "All records at \(owner) are SHA-512, which senders should know and needn't (RFC 7671, section 9). Add the same with SHA-256 (matching type 1)."
                ))
        }
        return found
    }

    /// A record cut short for people: `3 1 1 0ab1c2d3...`.
    package static func brief(_ record: TLSA) -> String {
        let text = record.description
        return text.count > 24 ? text.prefix(22) + "..." : text
    }
}
