import NIOHTTP1
import StewardCore
import StewardEdge
import StewardScripts

/// Writes the WSGI environ of a request (PEP 3333) for the worker protocol.
struct Environ {
    /// How the server is reached when the request doesn't say.
    let serverName: String
    let serverPort: Int

    /// The block of a call. `name` is the part of the path that the script answers, `rest` what follows it.
    func block(
        of journey: Journey, script: Script, name: String, rest: Substring, scheme: String, body: RequestBody?
    ) -> EnvironBlock {
        let head = journey.exchange.head
        var block = EnvironBlock(capacity: 1024)
        block.set("REQUEST_METHOD", head.method.rawValue)
        block.set("SCRIPT_NAME", rest.isEmpty && script.kind == .python ? "" : name)
        block.set("PATH_INFO", rest.isEmpty && script.kind == .python ? Substring(name) : rest)
        block.set("QUERY_STRING", journey.query ?? "")
        block.set("REQUEST_URI", head.uri)
        block.set("RAW_URI", head.uri)
        block.set("SERVER_NAME", serverName)
        block.set("SERVER_PORT", serverPort)
        block.set("SERVER_PROTOCOL", head.version.minor == 1 ? "HTTP/1.1" : "HTTP/1.0")
        block.set("REMOTE_ADDR", journey.client)
        block.set("REMOTE_PORT", journey.exchange.peerPort)
        block.set("wsgi.url_scheme", scheme)
        block.set("steward.script", script.path)
        block.set("steward.trace_id", journey.exchange.trace.description)
        block.set("steward.caller", journey.caller.name)
        if script.kind == .cgi { block.set("steward.kind", "cgi") }
        if let body {
            block.set("CONTENT_LENGTH", body.length)
            if case .file(let path, _) = body { block.set("steward.spool", path) }
        }
        addHeaders(head.headers, to: &block, hidesKeys: journey.caller != .anonymous)
        return block
    }

    private func addHeaders(_ headers: HTTPHeaders, to block: inout EnvironBlock, hidesKeys: Bool) {
        var index = 0
        let names = headers.map(\.name)
        for (name, value) in headers {
            defer { index += 1 }
            switch Treatment(name, hidesKeys: hidesKeys) {
            case .drop: continue
            case .contentType: block.set("CONTENT_TYPE", value)
            case .pass:
                guard let twin = Self.twin(of: index, in: names) else {
                    block.setHeader(name, value)
                    continue
                }
                guard twin > index else { continue }
                let isCookie = name.lowercased() == "cookie"
                block.setHeader(name, headers[name].joined(separator: isCookie ? "; " : ","))
            }
        }
    }

    /// Another header of the same name: the first of them, or the second for the first itself.
    private static func twin(of index: Int, in names: [String]) -> Int? {
        let name = names[index]
        return names.indices.first { other in
            other != index && names[other].utf8.count == name.utf8.count
                && zip(names[other].utf8, name.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
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

extension HTTPMethod {
    /// Whether a request with it may run twice without harm (RFC 9110, section 9.2.1).
    var isSafe: Bool { self == .GET || self == .HEAD || self == .OPTIONS || self == .TRACE }
}
