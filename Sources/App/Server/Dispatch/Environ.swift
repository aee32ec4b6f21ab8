import NIOCore
import NIOHTTP1
import StewardCore
import StewardEdge
import StewardScripts

/// Writes the WSGI environ of a request (PEP 3333) for the worker protocol.
struct Environ {
    /// How the server is reached when the request doesn't say.
    let serverName: String
    let serverPort: Int
    /// The HTTPS listener's port.
    let securePort: Int?

    /// Names of the first address that the settings listen on.
    init(_ settings: ServerSettings) {
        serverName = settings.listen[0].host
        serverPort = settings.listen[0].port
        securePort = settings.tls.listen.first?.port
    }

    /// The block of a call. `name` is the part of the path that the script answers, `rest` what follows it.
    func block(
        of journey: Journey, script: Script, name: String, rest: Substring, scheme: String, body: RequestBody?
    ) -> EnvironBlock {
        let head = journey.exchange.head
        var block = EnvironBlock(capacity: 1024)
        block.set("REQUEST_METHOD", head.method.rawValue)
        block.set("SCRIPT_NAME", rest.isEmpty ? "" : name)
        block.set("PATH_INFO", rest.isEmpty ? Substring(name) : rest)
        block.set("QUERY_STRING", journey.query ?? "")
        block.set("REQUEST_URI", head.uri)
        block.set("RAW_URI", head.uri)
        block.set("SERVER_NAME", serverName)
        let security = journey.exchange.security
        block.set("SERVER_PORT", security == nil ? serverPort : securePort ?? serverPort)
        block.set("SERVER_PROTOCOL", head.version.text)
        block.set("REMOTE_ADDR", journey.client)
        block.set("REMOTE_PORT", journey.exchange.peerPort)
        block.set("wsgi.url_scheme", scheme)
        block.set("steward.script", script.path)
        block.set("steward.trace_id", journey.exchange.trace.description)
        block.set("steward.caller", journey.caller.name)
        if let security { add(security, to: &block) }
        if script.kind == .cgi { block.set("steward.kind", "cgi") }
        if let body {
            block.set("CONTENT_LENGTH", body.length)
            if case .file(let path, _) = body { block.set("steward.spool", path) }
        }
        addHeaders(
            head.headers, raw: journey.exchange.rawValues, to: &block, hidesKeys: journey.caller != .anonymous)
        return block
    }

    /// As Apache's mod_ssl names them.
    private func add(_ security: ConnectionSecurity, to block: inout EnvironBlock) {
        block.set("HTTPS", "on")
        block.set("SSL_PROTOCOL", security.version)
        guard let certificate = security.clientCertificate else { return block.set("SSL_CLIENT_VERIFY", "NONE") }
        block.set("SSL_CLIENT_VERIFY", "SUCCESS")
        block.set("SSL_CLIENT_S_DN", certificate.subject)
        block.set("SSL_CLIENT_M_SERIAL", certificate.serial)
        block.set("SSL_CLIENT_SHA256", certificate.fingerprint)
    }

    private func addHeaders(
        _ headers: HTTPHeaders, raw: [ByteBuffer]?, to block: inout EnvironBlock, hidesKeys: Bool
    ) {
        let mayRepeat = Self.mayRepeat(headers)
        var done: Set<String> = []
        var index = -1
        for (name, value) in headers {
            index += 1
            switch Treatment(name, hidesKeys: hidesKeys) {
            case .drop: continue
            case .contentType: block.set("CONTENT_TYPE", value)
            case .pass where mayRepeat:
                let key = name.lowercased()
                guard done.insert(key).inserted else { continue }
                let values = headers[name]
                if values.count == 1, let raw, raw.count == headers.count {
                    block.setHeader(name, bytes: raw[index])
                } else {
                    block.setHeader(name, values.joined(separator: key == "cookie" ? "; " : ","))
                }
            case .pass:
                if let raw, raw.count == headers.count {
                    block.setHeader(name, bytes: raw[index])
                } else {
                    block.setHeader(name, value)
                }
            }
        }
    }

    /// Whether a name may be there twice: a filter over its length, first and last letter without false negatives.
    private static func mayRepeat(_ headers: HTTPHeaders) -> Bool {
        var seen: UInt64 = 0
        for (name, _) in headers {
            guard let first = name.utf8.first, let last = name.utf8.last else { continue }
            let mark = (name.utf8.count &* 7 &+ Int(first & 0x1f) &* 3 &+ Int(last & 0x1f)) & 63
            if seen & (1 << mark) != 0 { return true }
            seen |= 1 << mark
        }
        return false
    }

    private enum Treatment {
        case pass, drop, contentType

        init(_ name: String, hidesKeys: Bool) {
            switch name.utf8.count {
            case 9 where hidesKeys && name.lowercased() == "x-api-key": self = .drop
            case 11 where hidesKeys && name.lowercased() == "x-admin-key": self = .drop
            case 13 where hidesKeys && name.lowercased() == "authorization": self = .drop
            case 12 where name.lowercased() == "content-type": self = .contentType
            case 14 where name.lowercased() == "content-length": self = .drop
            case 17 where name.lowercased() == "transfer-encoding": self = .drop
            default: self = .pass
            }
        }
    }
}

extension HTTPVersion {
    /// `HTTP/1.1`; without a minor number from 2 on (RFC 9113, section 8.1).
    var text: String { major == 1 ? (minor == 1 ? "HTTP/1.1" : "HTTP/1.0") : "HTTP/\(major)" }
}

extension HTTPMethod {
    /// Whether a request with it may run twice without harm (RFC 9110, section 9.2.1).
    var isSafe: Bool { self == .GET || self == .HEAD || self == .OPTIONS || self == .TRACE }
}
