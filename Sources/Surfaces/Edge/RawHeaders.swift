internal import NIOCore

/// Header values as they came, byte for byte. NIO's parser decodes values as UTF-8 and replaces what isn't; WSGI
/// wants the bytes themselves (PEP 3333), and some clients send Latin-1.
enum RawHeaders {
    /// The values of the head at the front of `buffer`, in order; nil if its end isn't there.
    static func values(in buffer: ByteBuffer) -> [ByteBuffer]? {
        var rest = buffer
        guard line(&rest) != nil else { return nil }
        var values: [ByteBuffer] = []
        while let header = line(&rest) {
            guard header.readableBytes > 0 else { return values }
            guard let colon = header.readableBytesView.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            var value = header
            value.moveReaderIndex(to: colon + 1)
            trim(&value)
            values.append(value)
        }
        return nil
    }

    /// The next line without its end, which may be CRLF or LF.
    private static func line(_ rest: inout ByteBuffer) -> ByteBuffer? {
        guard let end = rest.readableBytesView.firstIndex(of: 10) else { return nil }
        var line = rest.readSlice(length: end - rest.readerIndex)!
        rest.moveReaderIndex(forwardBy: 1)
        if line.readableBytesView.last == 13 { line.moveWriterIndex(to: line.writerIndex - 1) }
        return line
    }

    /// Without spaces and tabs at both ends (RFC 9110's OWS).
    private static func trim(_ value: inout ByteBuffer) {
        while let first = value.readableBytesView.first, first == 32 || first == 9 {
            value.moveReaderIndex(forwardBy: 1)
        }
        while let last = value.readableBytesView.last, last == 32 || last == 9 {
            value.moveWriterIndex(to: value.writerIndex - 1)
        }
    }
}
