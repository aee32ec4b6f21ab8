/// Writes a DNS message's fields. Names are never compressed: what is sent is short, and signatures want it so.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func uint8(_ value: UInt8) { bytes.append(value) }

    mutating func uint16(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func uint32(_ value: UInt32) {
        uint16(UInt16(value >> 16))
        uint16(UInt16(truncatingIfNeeded: value))
    }

    /// The lower 48 bits.
    mutating func uint48(_ value: UInt64) {
        uint16(UInt16(truncatingIfNeeded: value >> 32))
        uint32(UInt32(truncatingIfNeeded: value))
    }

    mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    mutating func name(_ name: DomainName) {
        for label in name.labels {
            bytes.append(UInt8(truncatingIfNeeded: label.count))
            bytes.append(contentsOf: label)
        }
        bytes.append(0)
    }
}

extension DomainName {
    /// As sent, uncompressed.
    package var wire: [UInt8] {
        var writer = WireWriter()
        writer.name(self)
        return writer.bytes
    }
}
