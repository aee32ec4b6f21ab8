extension RecordData {
    /// Reads the data of a record of `type` up to the reader's end. Damaged data of a type whose data holds a compressible
    /// name is an error, for its bytes alone mean nothing; other damaged data is kept as bytes. No data at all is kept for
    /// every type: updates have it (RFC 2136, section 2.4).
    static func read(_ type: RecordType, _ reader: inout WireReader) throws(DamagedMessage) -> RecordData {
        if reader.left == 0 { return .other([]) }
        switch type {
        case .a where reader.left == 4: return .a(reader.rest())
        case .aaaa where reader.left == 16: return .aaaa(reader.rest())
        case .ns: return .ns(try reader.name())
        case .cname: return .cname(try reader.name())
        case .dname: return .dname(try reader.name())
        case .mx:
            let preference = try reader.uint16()
            return .mx(preference: preference, try reader.name())
        case .soa: return .soa(try StartOfAuthority(&reader))
        case .rrsig: return .rrsig(try Signature(&reader))
        case .tlsa where reader.left >= 3:
            let bytes = reader.rest()
            return .tlsa(TLSA(usage: bytes[0], selector: bytes[1], matching: bytes[2], bytes: Array(bytes[3...])))
        case .ds where reader.left >= 4:
            let tag = try reader.uint16()
            let (algorithm, digestType) = (try reader.uint8(), try reader.uint8())
            return .ds(keyTag: tag, algorithm: algorithm, digestType: digestType, digest: reader.rest())
        default: return .other(try expanded(type, &reader))
        }
    }

    /// The older types beside the modelled ones whose names may come compressed (RFC 3597, section 4): `2` and the like
    /// are bytes, `n` a name, `s` a character string, `*` the rest.
    private static let layouts: [UInt16: String] = [
        3: "n", 4: "n", 7: "n", 8: "n", 9: "n", 12: "n", 14: "nn", 17: "nn", 18: "2n", 21: "2n", 24: "99n*", 26: "2nn",
        30: "n*", 33: "6n", 35: "4sssn", 36: "2n",
    ]

    /// The data with its names written out.
    private static func expanded(_ type: RecordType, _ reader: inout WireReader) throws(DamagedMessage) -> [UInt8] {
        guard let layout = layouts[type.rawValue] else { return reader.rest() }
        var writer = WireWriter()
        for part in layout {
            switch part {
            case "n": writer.name(try reader.name())
            case "s":
                let count = try reader.uint8()
                writer.uint8(count)
                writer.append(try reader.take(Int(count)))
            case "*": writer.append(reader.rest())
            default: writer.append(try reader.take(part.wholeNumberValue ?? 0))
            }
        }
        guard writer.bytes.count <= 65_535 else { throw DamagedMessage("a record is too long", at: reader.at) }
        return writer.bytes
    }
}

extension StartOfAuthority {
    /// RFC 1035, section 3.3.13.
    init(_ reader: inout WireReader) throws(DamagedMessage) {
        let (primary, mailbox) = (try reader.name(), try reader.name())
        self.init(
            primary: primary, mailbox: mailbox, serial: try reader.uint32(), refresh: try reader.uint32(),
            retry: try reader.uint32(), expire: try reader.uint32(), minimum: try reader.uint32())
    }
}

extension Signature {
    /// RFC 4034, section 3.1; the signer's name is never compressed.
    init(_ reader: inout WireReader) throws(DamagedMessage) {
        self.init(
            covers: RecordType(rawValue: try reader.uint16()), algorithm: try reader.uint8(),
            labels: try reader.uint8(), originalTTL: try reader.uint32(), expiration: try reader.uint32(),
            inception: try reader.uint32(), keyTag: try reader.uint16(), signer: try reader.name(compressed: false),
            signature: reader.rest())
    }
}
