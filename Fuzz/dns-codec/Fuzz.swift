/// Reads any bytes as a DNS message: whatever can be read is the same after it was written and read again, and no
/// signature that was not made with the key is taken.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let key = TSIGKey(name: DomainName(labels: [[107]]) ?? .root, secret: [1, 2, 3])
    if (try? TSIG.verify(answer: bytes, key: key, requestMAC: [], at: 1_700_000_000)) != nil {
        fatalError("a forged answer was taken")
    }
    guard let message = try? Message(bytes: bytes) else { return 0 }
    let written = message.encoded
    guard written.count <= 65_535 else { return 0 }
    guard let again = try? Message(bytes: written), again == message, again.encoded == written else {
        fatalError("it reads differently after it was written")
    }
    for record in again.answers + again.authority + again.additional where record.description.isEmpty {
        fatalError("a record has no text")
    }
    for name in again.questions.map(\.name) where DomainName(name.description) != name {
        fatalError("a name's text reads differently")
    }
    return 0
}
