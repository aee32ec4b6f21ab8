/// What looking a name up with DNSSEC gave (RFC 4035, section 4.3).
package struct Resolution: Hashable, Sendable {
    /// Whether the answer may be believed.
    package enum Security: Hashable, Sendable {
        /// Signed all the way from the trust anchor.
        case secure
        /// Provably not signed.
        case insecure
        /// Signed wrongly, or unsigned where it must be signed; why, in words.
        case bogus(String)
        /// No answer at all: no name server could be reached, SERVFAIL, time over; why.
        case failed(String)
    }

    /// What was asked.
    package var name: DomainName
    /// What was asked.
    package var type: RecordType
    /// Whether the answer may be believed.
    package var security: Security
    /// 0 NOERROR, 3 NXDOMAIN, 2 SERVFAIL (RFC 1035, section 4.1.1).
    package var code: UInt8
    /// The records of the type asked for, at the end of the aliases; empty where there are none.
    package var records: [ResourceRecord]
    /// The name at the end of the aliases (CNAME, DNAME); the asked one where there are none.
    package var canonicalName: DomainName
    /// The zone that holds `canonicalName`, where the answer itself tells it (RFC 4034, section 3.1.7; RFC 2308, section 3).
    package var zone: DomainName?
    /// How long it may be kept, in seconds.
    package var ttl: UInt32

    /// All facts.
    package init(
        name: DomainName, type: RecordType, security: Security, code: UInt8 = 0, records: [ResourceRecord] = [],
        canonicalName: DomainName? = nil, zone: DomainName? = nil, ttl: UInt32 = 0
    ) {
        self.name = name
        self.type = type
        self.security = security
        self.code = code
        self.records = records
        self.canonicalName = canonicalName ?? name
        self.zone = zone
        self.ttl = ttl
    }
}

/// Looks names up and says whether the answers may be believed. `Validator` is the one that does it with libunbound.
package protocol Resolving: Sendable {
    /// Looks `type` of `name` up; never throws: what went wrong is in the resolution's security.
    func resolve(_ name: DomainName, _ type: RecordType) async -> Resolution
}
