extension Message {
    /// From what was sent (RFC 1035, section 4.1), a TSIG at its end left out.
    ///
    /// - Throws: `DamagedMessage` for everything that isn't one whole message, byte for byte.
    package init(bytes: [UInt8]) throws(DamagedMessage) {
        self = try ReceivedMessage(bytes).message
    }
}

/// A message as it came, with the TSIG that ends it.
struct ReceivedMessage {
    var message: Message
    /// The TSIG record at the end of the additional section.
    var tsig: TSIGRecord?
    /// Where that record begins; the message's length where there is none.
    var end: Int

    init(_ bytes: [UInt8]) throws(DamagedMessage) {
        guard bytes.count <= 65_535 else { throw DamagedMessage("it is longer than 65,535 bytes", at: 65_535) }
        var reader = WireReader(bytes)
        message = try Message(head: &reader)
        end = bytes.count
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(Int(try reader.uint16())) }
        for _ in 0..<counts[0] {
            let (name, type) = (try reader.name(), RecordType(rawValue: try reader.uint16()))
            message.questions.append(Message.Question(name, type, recordClass: try reader.uint16()))
        }
        message.answers = try Self.records(counts[1], &reader)
        message.authority = try Self.records(counts[2], &reader)
        try readAdditional(counts[3], &reader)
        guard reader.left == 0 else { throw DamagedMessage("\(reader.left) bytes follow the message", at: reader.at) }
    }

    private static func records(
        _ count: Int, _ reader: inout WireReader
    ) throws(DamagedMessage) -> [ResourceRecord] {
        var records: [ResourceRecord] = []
        for _ in 0..<count {
            let begin = reader.at
            let record = try ResourceRecord(&reader)
            guard record.type != .opt, record.type != .tsig else {
                throw DamagedMessage("\(record.type) stands outside the additional section", at: begin)
            }
            records.append(record)
        }
        return records
    }

    private mutating func readAdditional(_ count: Int, _ reader: inout WireReader) throws(DamagedMessage) {
        for index in 0..<count {
            let begin = reader.at
            let record = try ResourceRecord(&reader)
            switch record.type {
            case .opt:
                guard message.edns == nil, record.name == .root else {
                    throw DamagedMessage("there are two OPT records, or one below the root", at: begin)
                }
                message.edns = Message.EDNS(
                    payload: record.recordClass, wantsSignatures: record.ttl & 0x8000 != 0, options: record.data.wire)
                message.code |= UInt16(record.ttl >> 24) << 4
            case .tsig:
                // RFC 8945, section 5.1: the last one, and the only one.
                guard index == count - 1 else { throw DamagedMessage("a TSIG isn't the last record", at: begin) }
                tsig = try TSIGRecord(record, at: begin)
                end = begin
            default: message.additional.append(record)
            }
        }
    }
}

extension Message {
    fileprivate init(head reader: inout WireReader) throws(DamagedMessage) {
        self.init(id: try reader.uint16())
        let flags = try reader.uint16()
        operation = UInt8(flags >> 11 & 15)
        code = flags & 15
        isResponse = flags & 0x8000 != 0
        isAuthoritative = flags & 0x0400 != 0
        isTruncated = flags & 0x0200 != 0
        recursionDesired = flags & 0x0100 != 0
        recursionAvailable = flags & 0x0080 != 0
        isAuthentic = flags & 0x0020 != 0
        checkingDisabled = flags & 0x0010 != 0
    }
}

extension ResourceRecord {
    fileprivate init(_ reader: inout WireReader) throws(DamagedMessage) {
        let (name, type) = (try reader.name(), RecordType(rawValue: try reader.uint16()))
        let (recordClass, ttl) = (try reader.uint16(), try reader.uint32())
        let count = Int(try reader.uint16())
        let data = try reader.within(count) { (inner) throws(DamagedMessage) in try RecordData.read(type, &inner) }
        self.init(name, type, ttl: ttl, data, recordClass: recordClass)
    }
}
