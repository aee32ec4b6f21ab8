internal import NIOHTTP1
internal import StewardCore

/// What a request head must be beside what the parser checks (RFC 9112): decided before anything else looks at it.
enum RequestRules {
    /// Why the head is refused, or nil. The connection closes after every refusal.
    static func refusal(of head: HTTPRequestHead, limits: EdgeLimits) -> Problem? {
        if head.uri.utf8.count > limits.line {
            return Problem(
                "uri-too-long", status: 414, title: "URI too long",
                detail: "The request target has more than \(limits.line) bytes.")
        }
        if head.version.major != 1 {
            return Problem("bad-version", status: 505, title: "HTTP version not supported")
        }
        var fields = Fields()
        for (name, value) in head.headers {
            if fields.add(name, value) > limits.line {
                return tooLarge("The header \(name.prefix(40)) has more than \(limits.line) bytes.")
            }
        }
        if fields.size > limits.headers {
            return tooLarge("The headers have more than \(limits.headers) bytes in all.")
        }
        if fields.count > limits.headerCount {
            return tooLarge("There are more than \(limits.headerCount) headers.")
        }
        return host(of: head, fields) ?? framing(of: head, fields) ?? target(of: head, fields) ?? expectation(fields)
    }

    /// Without white space at the ends of the values (RFC 9112, section 5.1), which NIO leaves there.
    static func trimmed(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        head.headers = HTTPHeaders(
            head.headers.map { name, value in
                let end = value.utf8.lastIndex { $0 != 32 && $0 != 9 }
                return (name, end.map { String(value[...$0]) } ?? "")
            })
        return head
    }

    /// What the rules need of the header fields, in one pass.
    private struct Fields {
        var size = 0
        var count = 0
        var hosts: [String] = []
        var codings: [String] = []
        var lengths: [String] = []
        var expectations: [String] = []

        /// Takes one field; returns the bytes of its line.
        mutating func add(_ name: String, _ value: String) -> Int {
            let line = name.utf8.count + value.utf8.count + 4
            size += line
            count += 1
            switch name.utf8.count {
            case 4 where name.lowercased() == "host": hosts.append(value)
            case 6 where name.lowercased() == "expect": expectations.append(value)
            case 14 where name.lowercased() == "content-length": lengths.append(value)
            case 17 where name.lowercased() == "transfer-encoding": codings.append(value)
            default: break
            }
            return line
        }
    }

    static func tooLarge(_ detail: String) -> Problem {
        Problem("headers-too-large", status: 431, title: "Request header fields too large", detail: detail)
    }

    /// Exactly one valid Host in HTTP/1.1 (RFC 9112, section 3.2).
    private static func host(of head: HTTPRequestHead, _ fields: Fields) -> Problem? {
        if fields.hosts.isEmpty, head.version.minor == 0 { return nil }
        guard fields.hosts.count == 1, isHost(fields.hosts[0]) else {
            return Problem(
                "bad-host", status: 400, title: "Bad request",
                detail: "A request needs exactly one Host header that holds a host name and an optional port.")
        }
        return nil
    }

    /// `host [ ":" port ]`, the host a name or an address, an IPv6 one in brackets (RFC 3986, section 3.2.2).
    private static func isHost(_ value: String) -> Bool {
        let bytes = value.utf8
        var port = bytes[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = bytes[bytes.index(after: bytes.startIndex)..<end]
            guard address.contains(UInt8(ascii: ":")), address.allSatisfy(isAddressByte) else { return false }
            port = bytes[bytes.index(after: end)...]
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            guard end > bytes.startIndex, bytes[..<end].allSatisfy(isNameByte) else { return false }
            port = bytes[end...]
        }
        guard let colon = port.popFirst() else { return true }
        return colon == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy { 48...57 ~= $0 }
            && (port.isEmpty || Int(Substring(port))! <= 65_535)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...58, 0x41...0x46, 0x61...0x66, UInt8(ascii: "."): true
        default: false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x41...0x5a, 48...57, UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: "_~%!$&'()*+;=".utf8.contains(byte)
        }
    }

    /// An absolute-form target says what Host says (RFC 9112, section 3.2.2, lets Host lose; a client that sends two
    /// names means to mislead somebody). CONNECT is for proxies.
    private static func target(of head: HTTPRequestHead, _ fields: Fields) -> Problem? {
        if head.method == .CONNECT {
            return Problem(
                "unknown-method", status: 501, title: "Not implemented", detail: "CONNECT is for proxies; this is none."
            )
        }
        guard head.uri.utf8.first != UInt8(ascii: "/"), let host = fields.hosts.first,
            let authority = authority(of: head.uri), authority.lowercased() != host.lowercased()
        else { return nil }
        return Problem(
            "bad-host", status: 400, title: "Bad request",
            detail: "The request target names another host than the Host header.")
    }

    /// What stands between `scheme://` and the path.
    private static func authority(of uri: String) -> Substring? {
        var rest = uri[...]
        while let byte = rest.utf8.first, byte != UInt8(ascii: ":"), byte != UInt8(ascii: "/") {
            rest = rest.dropFirst()
        }
        guard rest.hasPrefix("://") else { return nil }
        return rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
    }

    /// RFC 9110, section 10.1.1.
    private static func expectation(_ fields: Fields) -> Problem? {
        guard fields.expectations.contains(where: { $0.lowercased() != "100-continue" }) else { return nil }
        return Problem(
            "unknown-expectation", status: 417, title: "Expectation failed",
            detail: "The only expectation that is met here is `100-continue`.")
    }

    /// No way to read the body's length in two ways (RFC 9112, section 6).
    private static func framing(of head: HTTPRequestHead, _ fields: Fields) -> Problem? {
        let (codings, lengths) = (fields.codings, fields.lengths)
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked", lengths.isEmpty, head.version.minor == 1
            else {
                return Problem(
                    "bad-framing", status: 400, title: "Bad request",
                    detail: "Transfer-Encoding may only be `chunked`, in HTTP/1.1 and without Content-Length.")
            }
        }
        if lengths.count > 1 || lengths.contains(where: { $0.isEmpty || !$0.utf8.allSatisfy { 48...57 ~= $0 } }) {
            return Problem(
                "bad-framing", status: 400, title: "Bad request",
                detail: "Content-Length must be there once, as a decimal number.")
        }
        return nil
    }
}
