internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP1
internal import NIOHTTP2
internal import StewardCore

/// What one HTTP/2 connection may ask for (RFC 9113, sections 6.5 and 10.5). The parser checks the shape of frames and
/// header blocks; these are its bounds, and what a request must be beside its shape.
enum HTTP2Rules {
    /// Streams that a client may have open at a time.
    static let concurrentStreams = 100
    /// Bytes that a client may send ahead, of one stream and of all.
    private static let streamWindow = 256 << 10
    private static let connectionWindow = 1 << 20
    /// Streams that a client may take back in half a minute (CVE-2023-44487), or break.
    private static let resets = 200
    /// PING, SETTINGS and PRIORITY frames in half a minute (CVE-2019-9512, 9515, 9513).
    private static let controlFrames = 1000
    /// Answers to those that may wait for a client that doesn't read (CVE-2019-9517).
    private static let waitingFrames = 1000
    /// CONTINUATION frames of one header block (CVE-2024-27316).
    private static let continuations = 8
    private static let errors = 100

    static func connection(_ limits: EdgeLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
            // Between what is answered with 431 and what ends the connection lies half as much again.
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headers + limits.headers / 2),
        ]
        configuration.maximumSequentialEmptyDataFrames = 8
        configuration.maximumBufferedControlFrames = waitingFrames
        configuration.maximumSequentialContinuationFrames = continuations
        configuration.maximumRecentlyResetStreams = 256
        configuration.maximumConnectionGlitches = errors
        configuration.targetWindowSize = connectionWindow
        configuration.controlFrameRateLimit.maximumCount = controlFrames
        return configuration
    }

    static var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindow
        configuration.outboundBufferSizeHighWatermark = 32 << 10
        configuration.outboundBufferSizeLowWatermark = 8 << 10
        configuration.streamResetFrameRateLimit.maximumCount = resets
        configuration.streamErrorRateLimit.maximumCount = errors
        return configuration
    }

    /// The head of a request as HTTP/1.1 would have it: `:authority` is Host, the parts of a cookie are one.
    static func head(_ block: HPACKHeaders) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: HTTPVersion(major: 2, minor: 0), method: .GET, uri: "")
        head.headers.reserveCapacity(block.count)
        var cookies: [String] = []
        var authority: String?
        for (name, value, _) in block {
            switch name {
            case ":method": head.method = HTTPMethod(rawValue: value)
            case ":path": head.uri = value
            case ":authority": authority = value
            case "cookie": cookies.append(value)
            default: if !name.hasPrefix(":") { head.headers.add(name: name, value: value) }
            }
        }
        if head.method == .CONNECT, let authority { head.uri = authority }
        // A Host beside it must say the same; two that differ are refused as two Hosts.
        if let authority, head.headers["host"] != [authority] { head.headers.add(name: "host", value: authority) }
        if !cookies.isEmpty { head.headers.add(name: "cookie", value: cookies.joined(separator: "; ")) }
        return head
    }

    /// Why a request is refused, or nil.
    static func refusal(of head: HTTPRequestHead, limits: EdgeLimits) -> Problem? {
        for (name, value) in head.headers where !isValue(value) {
            return Problem(
                "bad-request", status: 400, title: "Bad request",
                detail: "The header \(name.prefix(40)) holds a control character, or begins or ends with a blank.")
        }
        if !isPath(head) {
            return Problem(
                "bad-request", status: 400, title: "Bad request", detail: "The request's :path must begin with '/'.")
        }
        var head = head
        head.version = .http1_1
        return RequestRules.refusal(of: head, limits: limits)
    }

    /// RFC 9113, section 8.2.1.
    private static func isValue(_ value: String) -> Bool {
        let bytes = value.utf8
        guard let first = bytes.first, let last = bytes.last else { return true }
        guard first != 32, first != 9, last != 32, last != 9 else { return false }
        return bytes.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
    }

    /// RFC 9113, section 8.3.1.
    private static func isPath(_ head: HTTPRequestHead) -> Bool {
        if head.method == .CONNECT || head.uri == "*" && head.method == .OPTIONS { return true }
        return head.uri.utf8.first == UInt8(ascii: "/") && head.uri.utf8.allSatisfy { $0 > 32 && $0 != 127 }
    }

    /// The fields of an answer: the lines of a checked header block in lower case.
    static func fields(_ lines: ByteBuffer, after pseudo: HPACKHeaders) -> HPACKHeaders {
        var fields = pseudo
        var rest = lines.readableBytesView
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")), let end = rest.firstIndex(of: 13) {
            var value = rest[(colon + 1)..<end]
            while let first = value.first, first == 32 || first == 9 { value = value.dropFirst() }
            while let last = value.last, last == 32 || last == 9 { value = value.dropLast() }
            let name = String(decoding: rest[..<colon].map(lowered), as: UTF8.self)
            fields.add(name: name, value: String(decoding: value, as: UTF8.self))
            rest = rest[(end + 2)...]
        }
        return fields
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte | 0x20 : byte }
}
