extension RecordData {
    /// As sent, names uncompressed.
    package var wire: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .a(let bytes), .aaaa(let bytes), .other(let bytes): return bytes
        case .ns(let name), .cname(let name), .dname(let name): writer.name(name)
        case .mx(let preference, let name):
            writer.uint16(preference)
            writer.name(name)
        case .soa(let start):
            writer.name(start.primary)
            writer.name(start.mailbox)
            for number in [start.serial, start.refresh, start.retry, start.expire, start.minimum] {
                writer.uint32(number)
            }
        case .tlsa(let tlsa): return tlsa.wire
        case .rrsig(let signature): signature.write(&writer)
        case .ds(let tag, let algorithm, let digestType, let digest):
            writer.uint16(tag)
            writer.append([algorithm, digestType] + digest)
        }
        return writer.bytes
    }
}

extension Signature {
    fileprivate func write(_ writer: inout WireWriter) {
        writer.uint16(covers.rawValue)
        writer.append([algorithm, labels])
        for number in [originalTTL, expiration, inception] { writer.uint32(number) }
        writer.uint16(keyTag)
        writer.name(signer)
        writer.append(signature)
    }
}

extension ResourceRecord {
    func write(_ writer: inout WireWriter) {
        writer.name(name)
        writer.uint16(type.rawValue)
        writer.uint16(recordClass)
        writer.uint32(ttl)
        let data = data.wire
        writer.uint16(UInt16(truncatingIfNeeded: data.count))
        writer.append(data)
    }
}
