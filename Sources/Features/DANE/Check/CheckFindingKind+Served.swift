internal import StewardCertificates

extension CheckFindingKind {
    /// About what is served.
    static let served: [CheckFindingKind: Entry] = [
        .unreachable: Entry(
            .problem, .nextMX,
            "No connection to an address of a host comes to be.",
            "Start the server, open the port, or take the address out of DNS."),
        .noRoute: Entry(
            .note, .none,
            "This machine has no way to an address (no IPv6, mostly); nothing is known about it.",
            "Check from a machine that has."),
        .noTLS: Entry(
            .problem, .nextMX,
            "A server with usable TLSA records does not offer TLS: senders don't deliver to it.",
            "Turn STARTTLS on."),
        .tlsFailed: Entry(
            .problem, .nextMX,
            "The TLS handshake fails.",
            "Mend the server's TLS; its log tells more."),
        .tlsOld: Entry(
            .warning, .none,
            "A server speaks nothing newer than TLS 1.1; senders with current settings refuse it.",
            "Let the server speak TLS 1.2 and 1.3."),
        .dialogueFailed: Entry(
            .problem, .nextMX,
            "A server answers and doesn't come to the point where TLS begins.",
            "Mend the server; its log tells more."),
        .noMatch: Entry(
            .problem, .nextMX,
            "What a server presents matches none of the TLSA records: senders don't deliver to it.",
            "Publish the record of the served key beside the others, or deploy the certificate that the records say."),
        .chainInvalid: Entry(
            .problem, .nextMX,
            "A TLSA record names an authority of the chain, and the chain doesn't hold: expired, signed wrongly, or by something that may not sign.",
            "Deploy a good chain, or publish a record 3 1 1."),
        .nameMismatch: Entry(
            .problem, .nextMX,
            "A TLSA record names an authority of the chain, and the certificate is for other names (RFC 7672, section 3.2.2).",
            "Deploy a certificate for the host's name, or publish a record 3 1 1."),
        .anchorNotSent: Entry(
            .problem, .nextMX,
            "All usable TLSA records name an authority whose certificate the server doesn't send.",
            "Let the server send its whole chain, with that certificate (RFC 7671, section 5.2)."),
        .withoutSNI: Entry(
            .warning, .none,
            "Without SNI a server presents something else, which matches no record; DANE senders send SNI, older ones may not.",
            "Make the certificate the server's default one."),
        .expiredServed: Entry(
            .warning, .none,
            "The served certificate is expired. Senders with a record of usage 3 don't mind (RFC 7671, section 5.1); others do.",
            "Renew it."),
        .pkixUnchecked: Entry(
            .note, .none,
            "A record has usage 0 or 1, for which clients also check the certificate against their own authorities; that is not checked here.",
            "Use usage 2 or 3."),
    ]

    /// About the name servers.
    static let servers: [CheckFindingKind: Entry] = [
        .serversUnknown: Entry(
            .warning, .none,
            "The name servers of the zone could not be found out.",
            "Mend the zone's NS records."),
        .serverSilent: Entry(
            .warning, .none,
            "A name server doesn't answer.",
            "Mend it, or take it out of the NS records: resolvers wait for it, and a stuck secondary serves old records."
        ),
        .serverLame: Entry(
            .warning, .none,
            "A name server doesn't answer for the zone: it refuses, or isn't authoritative.",
            "Give it the zone, or take it out of the NS records."),
        .serverDiffers: Entry(
            .problem, .defers,
            "Name servers serve different TLSA records: what a sender sees depends on which one its resolver asked.",
            "Mend the transfer of the zone to the secondaries."),
        .serverLacks: Entry(
            .problem, .defers,
            "A name server doesn't serve a record for what the service presents.",
            "Mend the transfer of the zone to it."),
        .serverTTL: Entry(
            .note, .none,
            "Name servers serve the TLSA records with different TTLs.",
            "Mend the transfer of the zone to the secondaries."),
        .serverSerial: Entry(
            .note, .none,
            "Name servers serve different versions of the zone.",
            "Nothing within minutes of a change; after that mend the transfer of the zone."),
        .signatureExpired: Entry(
            .problem, .defers,
            "The signature of the TLSA records on a name server is expired: resolvers that ask it call the records bogus.",
            "Sign the zone anew; on a secondary mend the transfer."),
        .signatureEnding: Entry(
            .warning, .none,
            "The signature of the TLSA records on a name server soon expires, and should have been renewed.",
            "See why the zone isn't signed anew; on a secondary mend the transfer."),
        .signatureMissing: Entry(
            .problem, .defers,
            "A name server of a signed zone serves the TLSA records without a signature.",
            "See whether it has the signed zone."),
    ]
}
