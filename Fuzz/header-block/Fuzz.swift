internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

/// Puts any bytes of a script into an answer's head: refused, or every field that stands there is the script's own and
/// whole, none is the server's business, and NIO's parser reads these fields and no others.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    var head = ByteBuffer()
    guard let result = HeaderBlock.append(ByteBuffer(bytes: input), to: &head) else {
        if let fields = fields(input) { fatalError("refused, though it is \(fields.count) fields") }
        return 0
    }
    guard let given = fields(input) else { fatalError("taken, though it is no block of fields") }
    guard let written = fields(Array(head.readableBytesView)) else {
        fatalError("what was written is no block of fields")
    }
    let own = given.filter { !servers.contains($0.name.lowercased()) }
    guard written == own else { fatalError("\(written) and not \(own)") }
    check(result.contentLength, given.filter { $0.name.lowercased() == "content-length" }.map(\.value))
    readByNIO(head, own)
    return 0
}

private let servers: Set = [
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "date",
    "content-length", "x-trace-id",
]

private struct HeaderField: Equatable {
    var name: String
    var value: [UInt8]
}

/// Every line one field (RFC 9112, section 5), without folding; nil if one isn't.
private func fields(_ bytes: [UInt8]) -> [HeaderField]? {
    var found: [HeaderField] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        guard let end = rest.firstIndex(of: 13), end + 1 < rest.endIndex, rest[end + 1] == 10 else { return nil }
        let line = rest[..<end]
        guard let colon = line.firstIndex(of: 0x3a), colon > line.startIndex else { return nil }
        let (name, value) = (line[..<colon], line[(colon + 1)...])
        guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }),
            value.allSatisfy({ $0 == 9 || $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        found.append(HeaderField(name: String(decoding: name, as: UTF8.self), value: trimmed(value)))
        rest = rest[(end + 2)...]
    }
    return found
}

private func trimmed(_ text: ArraySlice<UInt8>) -> [UInt8] {
    Array(text.drop { $0 == 32 || $0 == 9 }.reversed().drop { $0 == 32 || $0 == 9 }.reversed())
}

/// A length counts if it is told once, in digits.
private func check(_ length: Int?, _ values: [[UInt8]]) {
    let isClear = values.count == 1 && !values[0].isEmpty && values[0].allSatisfy { (0x30...0x39).contains($0) }
    let expected = isClear ? Int(String(decoding: values[0], as: UTF8.self)) : nil
    guard length == expected else { fatalError("the length is \(length as Any) and not \(expected as Any)") }
}

private func readByNIO(_ block: ByteBuffer, _ own: [HeaderField]) {
    var wide = NIOHTTPDecoderLimitConfiguration()
    wide.maxHeaderFieldCount = 5000
    let decoder = HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: wide)
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(decoder))
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    var message = ByteBuffer(string: "HTTP/1.1 200 OK\r\n")
    message.writeImmutableBuffer(block)
    message.writeString("Content-Length: 0\r\n\r\n")
    var parts: [HTTPClientResponsePart] = []
    do {
        try channel.writeOutbound(
            HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")))
    } catch {}
    do {
        try channel.writeInbound(message)
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) { parts.append(part) }
    } catch {
        fatalError("NIO refuses it: \(error)")
    }
    guard case .head(let head)? = parts.first, parts.count == 2, case .end(nil)? = parts.last else {
        fatalError("NIO reads \(parts)")
    }
    guard head.headers.count == own.count + 1 else { fatalError("NIO reads \(head.headers)") }
    for (header, field) in zip(head.headers, own) {
        let text = String(decoding: field.value, as: UTF8.self)
        let value = trimmed(Array(header.value.utf8)[...])
        guard header.name == field.name,
            String(decoding: value, as: UTF8.self) == text || !field.value.allSatisfy({ $0 < 0x80 })
        else {
            fatalError("NIO reads \(header) and not \(field)")
        }
    }
}
