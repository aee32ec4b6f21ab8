/// XMPP (RFC 6120) up to TLS (section 5): stream header, features, `<starttls/>`, `<proceed/>`.
struct XMPPDialogue: Dialogue {
    private(set) var facts = DialogueFacts()
    let farewell: [UInt8] = []
    private let header: String
    private var bytes: [UInt8] = []
    private var total = 0
    private var isAsking = false
    private var isInFeatures = false

    /// A client (`jabber:client`) or server (`jabber:server`) that wants to talk to the host `to`.
    init(to host: String?, namespace: String) {
        let safe = (host ?? "localhost").filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:".contains($0)) }
        header =
            "<?xml version='1.0'?><stream:stream to='\(safe)' version='1.0' xmlns='\(namespace)' "
            + "xmlns:stream='http://etherx.jabber.org/streams'>"
    }

    mutating func begin() -> [DialogueAction] { [.send(Array(header.utf8))] }

    mutating func receive(_ more: [UInt8]) -> [DialogueAction] {
        bytes += more
        var actions: [DialogueAction] = []
        do throws(DialogueFailure) {
            total += more.count
            guard total <= LineReader.totalLimit else {
                throw DialogueFailure(.unintelligible, "it said more than \(LineReader.totalLimit) bytes before TLS")
            }
            while let tag = try nextTag() {
                guard let action = try take(tag) else { continue }
                actions.append(action)
                guard action == .startTLS else { continue }
                guard bytes.isEmpty else {
                    throw DialogueFailure(.injected, "\(bytes.count) bytes came behind its go-ahead for TLS")
                }
                break
            }
        } catch {
            actions.removeAll { $0 == .startTLS }
            actions.append(.fail(error))
        }
        return actions
    }

    private mutating func take(_ tag: String) throws(DialogueFailure) -> DialogueAction? {
        let isEnd = tag.hasPrefix("/")
        let name = tag.drop { $0 == "/" }.prefix { !" \t\r\n/".contains($0) }
        let local = name.split(separator: ":").last ?? ""
        switch (isEnd, local) {
        case (false, "stream"):
            facts.serverName = attribute("from", of: tag)
            facts.note("stream", tag)
        case (_, "error"), (true, "stream"), (_, "failure"):
            throw DialogueFailure(.rejected, "it ended the stream: <\(printable(tag))> \(rest)")
        case (_, "features"):
            isInFeatures = !isEnd && !tag.hasSuffix("/")
            if !isInFeatures, !isAsking { return try ask() }
        case (false, "proceed") where isAsking:
            facts.note("starttls", tag)
            return .startTLS
        case (false, _) where isInFeatures:
            facts.capabilities.append(printable(tag))
            if local == "starttls" { facts.offersTLS = true }
        default: break
        }
        return nil
    }

    private mutating func ask() throws(DialogueFailure) -> DialogueAction {
        guard facts.offersTLS == true else {
            facts.offersTLS = false
            throw DialogueFailure(.notOffered, "starttls isn't among the stream's features")
        }
        guard bytes.isEmpty else { throw DialogueFailure(.unintelligible, "it answered before it was asked") }
        isAsking = true
        return .send(Array("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>".utf8))
    }

    private var rest: String { printable(String(decoding: bytes.prefix(200), as: UTF8.self)) }

    /// Takes the next `<...>` and the text before it; what stands between the brackets is returned. Comments and
    /// declarations are not allowed in XMPP (section 11.1).
    private mutating func nextTag() throws(DialogueFailure) -> String? {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "<")) else {
            // White space between elements is nothing to wait for; anything else isn't XMPP.
            bytes.removeAll { [9, 10, 13, 32].contains($0) }
            guard bytes.isEmpty || isInFeatures else { throw notXMPP }
            return nil
        }
        if facts.replies.isEmpty, bytes[..<open].contains(where: { ![9, 10, 13, 32].contains($0) }) { throw notXMPP }
        var quote: UInt8?
        for index in bytes.indices[(open + 1)...] {
            let byte = bytes[index]
            if let mark = quote {
                if byte == mark { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                let tag = String(decoding: bytes[(open + 1)..<index], as: UTF8.self)
                bytes.removeFirst(index + 1)
                guard !tag.hasPrefix("!") else {
                    throw DialogueFailure(
                        .unintelligible, "it sent '<\(printable(tag.prefix(40)))>', not allowed in XMPP")
                }
                return tag
            }
        }
        return nil
    }

    private var notXMPP: DialogueFailure {
        DialogueFailure(.unintelligible, "it said '\(rest.prefix(80))', which isn't XMPP")
    }

    private func attribute(_ name: String, of tag: String) -> String? {
        for mark: Character in ["'", "\""] {
            let parts = tag.components(between: " \(name)=\(mark)", and: mark)
            if let value = parts { return printable(value) }
        }
        return nil
    }
}

extension String {
    /// What stands between the first `start` and the next `end`.
    fileprivate func components(between start: String, and end: Character) -> Substring? {
        var tail = self[...]
        while !tail.isEmpty {
            if tail.hasPrefix(start) { return tail.dropFirst(start.count).prefix { $0 != end } }
            tail = tail.dropFirst()
        }
        return nil
    }
}
