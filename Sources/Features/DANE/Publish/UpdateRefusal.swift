internal import StewardDNS

/// What a failed UPDATE means and what to do about it.
struct UpdateRefusal {
    let change: RRsetChange
    let server: NameServer
    /// The key's name.
    let key: DomainName

    /// For an answer's code that isn't NOERROR (RFC 2136, section 2.2).
    func failure(_ code: UInt16) -> PublishFailure {
        switch code {
        case 1:
            return PublishFailure(
                "update-unsupported",
                "\(server) answered FORMERR to the UPDATE of zone \(change.zone): it doesn't understand it. Is it the primary, and does it speak RFC 2136?"
            )
        case 2:
            return PublishFailure(
                "server-failed",
                "\(server) answered SERVFAIL to the UPDATE of zone \(change.zone). Its log says why; usual are a journal that can't be written (let the server's user write the zone's folder) and a zone that isn't loaded.",
                isPassing: true, mayBeThere: true)
        case 4:
            return PublishFailure(
                "update-unsupported",
                "\(server) answered NOTIMP: it doesn't take dynamic updates for \(change.zone), or is a secondary. Set 'dane.zones[].update.server' to the primary, or publish through the zone file."
            )
        case 5: return refused
        case 3, 6:
            return PublishFailure(
                "conflict", "\(server) answered \(DNSCode.name(code)): \(change.owner) changed meanwhile.",
                isPassing: true)
        case 9:
            return PublishFailure(
                "not-authoritative",
                "\(server) answered NOTAUTH: it isn't authoritative for zone \(change.zone). Set 'dane.zones[].name' to the name that owns the SOA record, and 'update.server' to its primary."
            )
        case 10:
            return PublishFailure(
                "not-zone",
                "\(server) answered NOTZONE: \(change.owner) doesn't lie in zone \(change.zone). Mend 'dane.zones[].name'."
            )
        default:
            return PublishFailure(
                "server-failed", "\(server) answered \(DNSCode.name(code)) to the UPDATE of zone \(change.zone).",
                isPassing: true, mayBeThere: true)
        }
    }

    private var refused: PublishFailure {
        let name = key.host
        let grant =
            "grant \(name.contains(where: { !$0.isLetter && !$0.isNumber && !"-._".contains($0) }) ? "\"\(name)\"" : name) name \(change.owner) TLSA;"
        return PublishFailure(
            "refused",
            "\(server) refuses the key '\(name)' to change TLSA records of \(change.owner). Add the line to the zone \(change.zone) in named.conf: 'update-policy { \(grant) };' (in an update-policy that is there, just '\(grant)'), and run 'rndc reconfig'. If the zone is a secondary there, or has no update-policy on purpose, publish elsewhere."
        )
    }

    /// For no usable answer.
    func failure(_ failure: DNSFailure) -> PublishFailure {
        let name = key.host
        switch failure.reason {
        case .timeout:
            return PublishFailure(
                "unreachable",
                "\(failure). Whether the UPDATE was made is not known; it is looked at before it is tried again.",
                isPassing: true, mayBeThere: true)
        case .damaged, .unsignedAnswer:
            return PublishFailure(
                "unreachable",
                "The answer can't be believed: \(failure). Is something between this machine and \(server) that changes DNS messages? What is there is looked at before it is tried again.",
                isPassing: true, mayBeThere: true)
        case .refusedConnection, .unreachable, .local:
            return PublishFailure(
                "unreachable",
                "\(failure). See that the name server runs and 'dane.zones[].update.server' is its address.",
                isPassing: true, mayBeThere: failure.reason == .local)
        case .badKey:
            return PublishFailure(
                "bad-key",
                "\(failure). \(server) has no key '\(name)' with that algorithm: include the key file in its named.conf and run 'rndc reconfig'."
            )
        case .badSignature:
            return PublishFailure(
                "bad-signature",
                "\(failure). \(server)'s secret for the key '\(name)' isn't the one in the key file: copy the one over the other and run 'rndc reconfig'."
            )
        case .badTime:
            return PublishFailure(
                "bad-time", "\(failure). Set the clocks right (NTP); TSIG takes a difference of 300 s at most.",
                isPassing: true)
        }
    }
}

extension RRsetChange {
    /// Refuses what can't be meant.
    func check() throws(PublishFailure) {
        guard owner.isWithin(zone) else {
            throw PublishFailure(
                "not-zone", "\(owner) doesn't lie in zone \(zone): choose the zone that holds it in 'dane.zones'.")
        }
    }
}

extension PublishFailure {
    /// The RRset is neither what it was nor what it is to be.
    static func conflict(_ change: RRsetChange, _ served: ServedSet, place: String) -> PublishFailure {
        let now = served.obstacle ?? served.records.inWords
        return PublishFailure(
            "conflict",
            "The TLSA records of \(change.owner) at \(place) were changed by somebody else after they were looked at: expected \(change.present.inWords), found \(now). Nothing was changed; they are looked at anew.",
            isPassing: true)
    }
}

extension [TLSA] {
    /// `none`, or the records, digests shortened.
    var inWords: String {
        isEmpty
            ? "none"
            : sorted().map { "\($0.usage) \($0.selector) \($0.matching) \($0.hex.prefix(16))" }.joined(separator: ", ")
    }
}
