internal import StewardCertificates

extension CheckFindingKind {
    /// About the domain, its MX and their addresses.
    static let domain: [CheckFindingKind: Entry] = [
        .noSuchDomain: Entry(
            .problem, .none,
            "The domain does not exist: mail to it is returned at once.",
            "Mend the name, or publish it in DNS."),
        .nullMX: Entry(
            .note, .none,
            "The domain says that it takes no mail (RFC 7505).",
            "Nothing, if that is meant; else replace the MX record that names the root."),
        .mxFailed: Entry(
            .problem, .defers,
            "The MX records could not be looked up: every sender waits.",
            "Mend the zone's name servers."),
        .mxBogus: Entry(
            .problem, .defers,
            "The MX records are signed wrongly: senders that validate treat the domain as if its name servers were down.",
            "Mend the zone's signatures, or the DS record at the parent."),
        .mxInsecure: Entry(
            .warning, .unauthenticated,
            "The domain is not signed, so that nobody can know whether its MX records are true; DANE protects the way to the MX hosts at most.",
            "Sign the domain's zone and give the DS record to the registrar."),
        .mxImplicit: Entry(
            .note, .none,
            "The domain has no MX record; senders take its own address (RFC 5321, section 5.1).",
            "Publish an MX record."),
        .mxUnusable: Entry(
            .problem, .nextMX,
            "An MX record names something that is no host.",
            "Let the MX record name a host with an address."),
        .mxMany: Entry(
            .note, .none,
            "The domain has more MX records than are looked at.",
            "Check the rest by themselves."),
        .addressFailed: Entry(
            .problem, .nextMX,
            "A host's addresses could not be looked up.",
            "Mend the name servers of the host's zone."),
        .addressBogus: Entry(
            .problem, .nextMX,
            "A host's addresses are signed wrongly: senders that validate don't connect.",
            "Mend the signatures of the host's zone, or the DS record at its parent."),
        .addressInsecure: Entry(
            .warning, .unauthenticated,
            "A host's addresses are not signed; senders then don't look for TLSA records (RFC 7672, section 2.2.2).",
            "Sign the host's zone."),
        .addressMissing: Entry(
            .problem, .nextMX,
            "A host has no address.",
            "Publish an A or AAAA record, or take the host out of the MX records."),
        .aliased: Entry(
            .note, .none,
            "A host is an alias (CNAME); its TLSA records are looked for at the name that it stands for first (RFC 7672, section 2.2.3).",
            "Let the MX record name the host itself (RFC 5321, section 5.1 allows no alias)."),
    ]

    /// About TLSA records.
    static let records: [CheckFindingKind: Entry] = [
        .tlsaFailed: Entry(
            .problem, .nextMX,
            "The TLSA records could not be looked up: senders must not go on without them, and try the next MX or wait.",
            "Mend the name servers of the zone; some fail on types that they don't know."),
        .tlsaBogus: Entry(
            .problem, .nextMX,
            "The TLSA records, or the proof that there are none, are signed wrongly: senders try the next MX or wait.",
            "Mend the zone's signatures."),
        .tlsaInsecure: Entry(
            .warning, .unauthenticated,
            "There are TLSA records in a zone that is not signed: no sender looks at them.",
            "Sign the zone and give the DS record to the registrar."),
        .tlsaMissing: Entry(
            .note, .unauthenticated,
            "A host has no TLSA records: senders encrypt if they can and don't know with whom.",
            "Publish a record; `steward dane record` makes it."),
        .noUsable: Entry(
            .problem, .unauthenticated,
            "There are TLSA records and none can be used: senders must encrypt and don't know with whom.",
            "Publish a record 3 1 1 of the served key."),
        .recordMalformed: Entry(
            .warning, .none,
            "A TLSA record is damaged: a digest of the wrong length, or a number that is not defined.",
            "Take the record away or publish it anew."),
        .recordPKIX: Entry(
            .warning, .none,
            "A TLSA record has usage 0 or 1, which mail servers don't use (RFC 7672, section 3.1.3).",
            "Use 3 1 1 instead of 1 x x, and 2 1 1 instead of 0 x x."),
        .recordRepeated: Entry(
            .note, .none,
            "A TLSA record stands there more than once.",
            "Take one away."),
        .recordSuperseded: Entry(
            .warning, .none,
            "A record is passed over because the RRset has one with a stronger digest for the same usage and selector (RFC 7671, section 9).",
            "Give each key both digests, or SHA-256 only."),
        .recordSHA512Alone: Entry(
            .note, .none,
            "All records are SHA-512, which senders needn't know.",
            "Add records with SHA-256."),
        .recordsMany: Entry(
            .note, .none,
            "The RRset has many records.",
            "Take those away whose keys are served no more."),
        .recordStale: Entry(
            .note, .none,
            "A record matches nothing that is served: the next key's, or an old one's left behind.",
            "Nothing, if it is the next key's; else take it away."),
    ]
}
