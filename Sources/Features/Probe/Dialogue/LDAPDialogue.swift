/// LDAP (RFC 4511) up to TLS: the StartTLS extended operation (section 4.14) and its response, in BER.
struct LDAPDialogue: Dialogue {
    private(set) var facts = DialogueFacts()
    /// An unbind request (section 4.3).
    let farewell: [UInt8] = [0x30, 0x05, 0x02, 0x01, 0x02, 0x42, 0x00]
    private var bytes: [UInt8] = []

    private static let object = "1.3.6.1.4.1.1466.20037"
    private static let limit = 65_536

    mutating func begin() -> [DialogueAction] {
        let name = [0x80, UInt8(Self.object.utf8.count)] + Array(Self.object.utf8)
        let request = [0x02, 0x01, 0x01, 0x77, UInt8(name.count)] + name
        return [.send([0x30, UInt8(request.count)] + request)]
    }

    mutating func receive(_ more: [UInt8]) -> [DialogueAction] {
        bytes += more
        do throws(DialogueFailure) {
            guard bytes.count <= Self.limit, bytes.first == 0x30 else { throw garbled }
            var reader = BERReader(bytes[...])
            guard let message = try reader.element(or: garbled) else { return [] }
            try judge(message.content)
            guard reader.rest.isEmpty else {
                throw DialogueFailure(.injected, "\(reader.rest.count) bytes came behind its go-ahead for TLS")
            }
            return [.startTLS]
        } catch {
            return [.fail(error)]
        }
    }

    /// Reads the message id, then the extended response: result code, matched name, words (section 4.1.9).
    private mutating func judge(_ message: ArraySlice<UInt8>) throws(DialogueFailure) {
        var reader = BERReader(message)
        guard let id = try reader.element(or: garbled), id.tag == 0x02,
            let response = try reader.element(or: garbled), response.tag == 0x78
        else { throw garbled }
        reader = BERReader(response.content)
        guard let result = try reader.element(or: garbled), result.tag == 0x0a, result.content.count == 1,
            let matched = try reader.element(or: garbled), matched.tag == 0x04,
            let words = try reader.element(or: garbled), words.tag == 0x04
        else { throw garbled }
        let code = Int(result.content.first ?? 0xff)
        let text = printable(String(decoding: words.content, as: UTF8.self))
        facts.note("StartTLS", code: code, text)
        guard Array(id.content) == [1] else {
            throw DialogueFailure(.rejected, "it disconnects: result \(code) \(text)")
        }
        facts.offersTLS = code == 0
        guard code != 0 else { return }
        // protocolError is what a server says that doesn't know the operation (section 4.14.2).
        throw DialogueFailure(code == 2 ? .notOffered : .rejected, "StartTLS was answered by result \(code) \(text)")
    }

    private var garbled: DialogueFailure {
        DialogueFailure(.unintelligible, "its answer to StartTLS isn't an LDAP message")
    }
}

/// Reads BER elements with one-byte tags and definite lengths, all that LDAP uses here (RFC 4511, section 5.1).
struct BERReader {
    /// What has not been read.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next element; nil if it isn't whole yet; throws `failure` if it can't become one of less than 64 KiB.
    mutating func element(or failure: DialogueFailure) throws(DialogueFailure) -> (
        tag: UInt8, content: ArraySlice<UInt8>
    )? {
        guard let tag = rest.first else { return nil }
        guard tag & 0x1f != 0x1f else { throw failure }
        var body = rest.dropFirst()
        guard let first = body.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7f)
            guard (1...4).contains(count) else { throw failure }
            guard body.count >= count else { return nil }
            length = body.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            body = body.dropFirst(count)
        }
        guard length < 65_536 else { throw failure }
        guard body.count >= length else { return nil }
        rest = body.dropFirst(length)
        return (tag, body.prefix(length))
    }
}
