internal import NIOCore

/// Writes CALL frames of any headers and body and reads them as the worker does: the same pairs come out, nothing
/// passes for another key, and the body is the body. The input: a byte of how many bytes at the end are the body, then
/// `name NUL value` pairs, each ended by a line feed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let body = Array(input[1...].suffix(Int(input[0])))
    var block = EnvironBlock(capacity: Int(input[0]))
    var expected: [(key: [UInt8], value: [UInt8])] = []
    block.set("REQUEST_METHOD", "GET")
    expected.append((Array("REQUEST_METHOD".utf8), Array("GET".utf8)))
    for line in input[1...].dropLast(body.count).split(separator: 10) {
        let parts = line.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        add(name: token(parts[0]), value: parts.count > 1 ? Array(parts[1]) : [], to: &block, &expected)
    }
    check(block, body: body, expected: expected)
    return 0
}

/// NIO's parser lets nothing but tokens through as names (RFC 9110, section 5.6.2).
private func token(_ bytes: ArraySlice<UInt8>) -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_!#$%&'*+.^`|~".utf8)
    return String(
        decoding: bytes.map { alphabet.contains($0) ? $0 : alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
}

private func add(
    name: String, value: [UInt8], to block: inout EnvironBlock, _ expected: inout [(key: [UInt8], value: [UInt8])]
) {
    let clean = value.map { $0 == 0 ? UInt8(ascii: " ") : $0 }
    if name.hasPrefix("~") {
        block.set("steward.script", String(decoding: value, as: UTF8.self))
        let text = Array(String(decoding: value, as: UTF8.self).utf8).map { $0 == 0 ? UInt8(ascii: " ") : $0 }
        return expected.append((Array("steward.script".utf8), text))
    }
    block.setHeader(name, bytes: ByteBuffer(bytes: value))
    guard !name.contains("_") else { return }
    let key = "HTTP_" + name.uppercased().replacing("-", with: "_")
    expected.append((Array(key.utf8), clean))
}

private func check(_ block: EnvironBlock, body: [UInt8], expected: [(key: [UInt8], value: [UInt8])]) {
    let size = block.count
    let header = FrameHeader(length: size + body.count, kind: .call, call: 7, a: UInt32(size), b: 9)
    var reader = FrameReader()
    reader.append(block.frame(header, body: body.isEmpty ? nil : ByteBuffer(bytes: body)))
    guard let frame = try? reader.next(), frame.header == header else { fatalError("the frame is read differently") }
    let payload = Array(frame.payload.readableBytesView)
    guard Array(payload[size...]) == body else { fatalError("the body is not the body") }
    // python/steward_worker/environ.py: split at NULs, every other one is a key.
    let parts = payload[..<size].split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
    guard parts.count == 2 * expected.count else { fatalError("\(parts.count) parts of \(expected.count) pairs") }
    for (index, pair) in expected.enumerated() where parts[2 * index] != pair.key || parts[2 * index + 1] != pair.value
    {
        fatalError("pair \(index) is read differently")
    }
}
