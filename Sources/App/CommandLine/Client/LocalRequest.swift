import NIOHTTP1

/// A request to the server of a state folder.
struct LocalRequest {
    /// The method.
    var method = HTTPMethod.GET
    /// Path and query as they go over the wire.
    var target: String
    /// Fields beside those that the client sets itself.
    var headers = HTTPHeaders()
    /// The body; nil: none.
    var body: [UInt8]?

    /// The request's head, with the framing of its body (RFC 9112, section 6).
    func head(version: String) -> HTTPRequestHead {
        var fields = headers
        if !fields.contains(name: "host") { fields.add(name: "Host", value: "localhost") }
        if !fields.contains(name: "user-agent") { fields.add(name: "User-Agent", value: "steward/\(version)") }
        if !fields.contains(name: "accept") { fields.add(name: "Accept", value: "*/*") }
        fields.replaceOrAdd(name: "Connection", value: "close")
        if let body { fields.replaceOrAdd(name: "Content-Length", value: "\(body.count)") }
        return HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields)
    }

    /// `text` as a request target: a slash in front, bytes that a URI can't carry escaped (RFC 3986, section 2.1).
    static func target(_ text: String) -> String {
        var result = text.hasPrefix("/") ? "" : "/"
        for byte in text.utf8 {
            let isPlain = (0x21...0x7e).contains(byte) && !"\"<>\\^`{|}#".utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
