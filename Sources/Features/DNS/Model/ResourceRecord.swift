/// A resource record (RFC 1035, section 3.2.1).
package struct ResourceRecord: Hashable, Sendable {
    /// The owner.
    package var name: DomainName
    /// The type.
    package var type: RecordType
    /// The class; 1 is IN.
    package var recordClass: UInt16
    /// How long it may be kept, in seconds.
    package var ttl: UInt32
    /// What it says.
    package var data: RecordData

    /// All fields.
    package init(
        _ name: DomainName, _ type: RecordType, ttl: UInt32, _ data: RecordData, recordClass: UInt16 = 1
    ) {
        self.name = name
        self.type = type
        self.recordClass = recordClass
        self.ttl = ttl
        self.data = data
    }
}

/// What a resource record says: the types that are understood, and the bytes of all others.
package enum RecordData: Hashable, Sendable {
    /// Four bytes.
    case a([UInt8])
    /// Sixteen bytes.
    case aaaa([UInt8])
    case ns(DomainName)
    case cname(DomainName)
    case dname(DomainName)
    case mx(preference: UInt16, DomainName)
    case soa(StartOfAuthority)
    case tlsa(TLSA)
    case rrsig(Signature)
    case ds(keyTag: UInt16, algorithm: UInt8, digestType: UInt8, digest: [UInt8])
    /// As sent; also data of a known type that is damaged.
    case other([UInt8])
}

/// A zone's SOA (RFC 1035, section 3.3.13); times in seconds.
package struct StartOfAuthority: Hashable, Sendable {
    /// The primary.
    package var primary: DomainName
    /// Whom to write to.
    package var mailbox: DomainName
    /// The zone's version (RFC 1982 has its arithmetic).
    package var serial: UInt32
    package var refresh: UInt32
    package var retry: UInt32
    package var expire: UInt32
    /// How long an answer of "there is none" may be kept (RFC 2308, section 4).
    package var minimum: UInt32

    /// All fields.
    package init(
        primary: DomainName, mailbox: DomainName, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32,
        minimum: UInt32
    ) {
        self.primary = primary
        self.mailbox = mailbox
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.minimum = minimum
    }
}

/// An RRSIG (RFC 4034, section 3): until when the records it covers may be believed.
package struct Signature: Hashable, Sendable {
    /// The type that is signed.
    package var covers: RecordType
    package var algorithm: UInt8
    package var labels: UInt8
    /// The TTL in the zone, in seconds.
    package var originalTTL: UInt32
    /// Seconds since 1970, modulo 2^32.
    package var expiration: UInt32
    /// Seconds since 1970, modulo 2^32.
    package var inception: UInt32
    package var keyTag: UInt16
    package var signer: DomainName
    package var signature: [UInt8]

    /// All fields.
    package init(
        covers: RecordType, algorithm: UInt8, labels: UInt8, originalTTL: UInt32, expiration: UInt32,
        inception: UInt32, keyTag: UInt16, signer: DomainName, signature: [UInt8]
    ) {
        self.covers = covers
        self.algorithm = algorithm
        self.labels = labels
        self.originalTTL = originalTTL
        self.expiration = expiration
        self.inception = inception
        self.keyTag = keyTag
        self.signer = signer
        self.signature = signature
    }
}
