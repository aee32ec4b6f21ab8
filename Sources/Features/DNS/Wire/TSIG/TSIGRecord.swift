/// A TSIG record (RFC 8945, section 4.2).
struct TSIGRecord: Hashable, Sendable {
    /// The error field's values beside 0 (RFC 8945, section 3).
    static let badSignature: UInt16 = 16, badKey: UInt16 = 17, badTime: UInt16 = 18, badTruncation: UInt16 = 22

    var keyName: DomainName
    var algorithm: DomainName
    /// Seconds since 1970, 48 bits.
    var time: UInt64
    /// By how many seconds the clocks may differ.
    var fudge: UInt16
    var mac: [UInt8]
    var originalID: UInt16
    var error: UInt16 = 0
    var other: [UInt8] = []

    init(key: TSIGKey, time: UInt64, fudge: UInt16, id: UInt16) {
        keyName = key.name
        algorithm = key.algorithm.name
        self.time = time
        self.fudge = fudge
        mac = []
        originalID = id
    }

    /// Of a record of that type; `offset` is where it stands in the message.
    init(_ record: ResourceRecord, at offset: Int) throws(DamagedMessage) {
        guard record.recordClass == 255, record.ttl == 0 else {
            throw DamagedMessage("a TSIG's class is not ANY, or it has a TTL", at: offset)
        }
        guard case .other(let data) = record.data else { throw DamagedMessage("a TSIG is damaged", at: offset) }
        keyName = record.name
        var reader = WireReader(data)
        do {
            algorithm = try reader.name(compressed: false)
            (time, fudge) = (try reader.uint48(), try reader.uint16())
            mac = Array(try reader.take(Int(try reader.uint16())))
            (originalID, error) = (try reader.uint16(), try reader.uint16())
            other = Array(try reader.take(Int(try reader.uint16())))
        } catch { throw DamagedMessage("a TSIG is damaged: \(error.text)", at: offset) }
        guard reader.left == 0 else { throw DamagedMessage("a TSIG is too long", at: offset) }
    }

    /// As the resource record that ends a message.
    var record: ResourceRecord {
        var writer = WireWriter()
        writer.name(algorithm)
        writer.uint48(time)
        writer.uint16(fudge)
        writer.uint16(UInt16(truncatingIfNeeded: mac.count))
        writer.append(mac)
        writer.uint16(originalID)
        writer.uint16(error)
        writer.uint16(UInt16(truncatingIfNeeded: other.count))
        writer.append(other)
        return ResourceRecord(keyName, .tsig, ttl: 0, .other(writer.bytes), recordClass: 255)
    }

    /// What is signed beside the message (RFC 8945, section 4.3.3), names in lower case.
    var variables: [UInt8] {
        var writer = WireWriter()
        writer.name(keyName.lowercased)
        writer.uint16(255)
        writer.uint32(0)
        writer.name(algorithm.lowercased)
        writer.uint48(time)
        writer.uint16(fudge)
        writer.uint16(error)
        writer.uint16(UInt16(truncatingIfNeeded: other.count))
        writer.append(other)
        return writer.bytes
    }
}

extension TSIGKey.Algorithm {
    /// Its name on the wire (RFC 8945, section 6).
    package var name: DomainName { DomainName(labels: [Array(rawValue.utf8)]) ?? .root }

    /// The length of its MAC, in bytes.
    package var length: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }
}
