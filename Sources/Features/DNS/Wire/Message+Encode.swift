extension Message {
    /// As sent (RFC 1035, section 4.1), with OPT where `edns` is set; what is over 65,535 bytes long can't be sent. The
    /// upper bits of `code` need EDNS.
    package var encoded: [UInt8] {
        var writer = WireWriter()
        writer.uint16(id)
        writer.uint16(flags)
        let counts = [questions.count, answers.count, authority.count, additional.count + (edns == nil ? 0 : 1)]
        for count in counts { writer.uint16(UInt16(truncatingIfNeeded: count)) }
        for question in questions {
            writer.name(question.name)
            writer.uint16(question.type.rawValue)
            writer.uint16(question.recordClass)
        }
        for record in answers + authority + additional { record.write(&writer) }
        if let edns { write(edns, &writer) }
        return writer.bytes
    }

    private var flags: UInt16 {
        var flags = UInt16(operation & 15) << 11 | code & 15
        if isResponse { flags |= 0x8000 }
        if isAuthoritative { flags |= 0x0400 }
        if isTruncated { flags |= 0x0200 }
        if recursionDesired { flags |= 0x0100 }
        if recursionAvailable { flags |= 0x0080 }
        if isAuthentic { flags |= 0x0020 }
        if checkingDisabled { flags |= 0x0010 }
        return flags
    }

    /// RFC 6891, section 6.1.2.
    private func write(_ edns: EDNS, _ writer: inout WireWriter) {
        writer.uint8(0)
        writer.uint16(RecordType.opt.rawValue)
        writer.uint16(edns.payload)
        writer.append([UInt8(truncatingIfNeeded: code >> 4), 0, edns.wantsSignatures ? 0x80 : 0, 0])
        writer.uint16(UInt16(truncatingIfNeeded: edns.options.count))
        writer.append(edns.options)
    }
}
