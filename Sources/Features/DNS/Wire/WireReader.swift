/// Reads a DNS message from its begin to its end, and never beyond it.
struct WireReader {
    let bytes: [UInt8]
    private(set) var at = 0
    /// Where reading ends: the message's end, or that of a record's data.
    private(set) var end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
    }

    /// What is left.
    var left: Int { end - at }

    /// The next `count` bytes.
    mutating func take(_ count: Int) throws(DamagedMessage) -> ArraySlice<UInt8> {
        guard count >= 0, count <= left else { throw DamagedMessage("it ends in the middle of a field", at: at) }
        defer { at += count }
        return bytes[at..<at + count]
    }

    /// All that is left.
    mutating func rest() -> [UInt8] {
        defer { at = end }
        return Array(bytes[at..<end])
    }

    mutating func uint8() throws(DamagedMessage) -> UInt8 {
        let slice = try take(1)
        return slice[slice.startIndex]
    }

    mutating func uint16() throws(DamagedMessage) -> UInt16 { UInt16(try number(2)) }

    mutating func uint32() throws(DamagedMessage) -> UInt32 { UInt32(try number(4)) }

    /// 48 bits, as TSIG has its time.
    mutating func uint48() throws(DamagedMessage) -> UInt64 { try number(6) }

    private mutating func number(_ count: Int) throws(DamagedMessage) -> UInt64 {
        try take(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads `body` out of the next `count` bytes, all of which it must use.
    mutating func within<Value>(
        _ count: Int, _ body: (inout WireReader) throws(DamagedMessage) -> Value
    ) throws(DamagedMessage) -> Value {
        guard count <= left else { throw DamagedMessage("a record is longer than the message", at: at) }
        var inner = self
        inner.end = at + count
        let value = try body(&inner)
        guard inner.left == 0 else { throw DamagedMessage("\(inner.left) bytes too many in a record", at: inner.at) }
        at = inner.end
        return value
    }

    /// A name (RFC 1035, section 4.1.4). A pointer leads backward, each further than the one before, so that names end.
    mutating func name(compressed isAllowed: Bool = true) throws(DamagedMessage) -> DomainName {
        var (labels, length): ([[UInt8]], Int) = ([], 1)
        // `next` walks; `lowest` is where the part that is being read began; `after` is set at the first pointer.
        var (next, lowest, limit, after): (Int, Int, Int, Int?) = (at, at, end, nil)
        while true {
            guard next < limit else { throw DamagedMessage("a name doesn't end", at: next) }
            let size = Int(bytes[next])
            switch size {
            case 0:
                at = after ?? next + 1
                guard let name = DomainName(labels: labels) else { throw DamagedMessage("a name is too long", at: at) }
                return name
            case 1...63:
                length += size + 1
                guard length <= 255 else { throw DamagedMessage("a name is longer than 255 bytes", at: next) }
                guard next + 1 + size <= limit else { throw DamagedMessage("a name doesn't end", at: next) }
                labels.append(Array(bytes[next + 1..<next + 1 + size]))
                next += 1 + size
            case 0xc0...:
                guard isAllowed else { throw DamagedMessage("a name is compressed where it must not be", at: next) }
                guard next + 1 < limit else { throw DamagedMessage("a name's pointer doesn't end", at: next) }
                let target = (size & 0x3f) << 8 | Int(bytes[next + 1])
                guard target >= 12, target < lowest else {
                    throw DamagedMessage("a name's pointer doesn't lead backward to a name", at: next)
                }
                if after == nil { after = next + 2 }
                (next, lowest, limit) = (target, target, bytes.count)
            default: throw DamagedMessage("a label is of an unknown kind", at: next)
            }
        }
    }
}
