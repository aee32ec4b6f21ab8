package import NIOCore
internal import NIOEmbedded
package import NIOHTTP1
package import NIOPosix
package import StewardCore

/// Feeds any bytes to the edge's own pipeline: whole, and in pieces as the first byte says. The answers are whole, one
/// for each request, none after a refusal; both feedings are taken for the same requests.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start + 1, count: count - 1)
    let whole = Run(input, size: .max)
    whole.check()
    guard start[0] > 0 else { return 0 }
    let pieces = Run(input, size: Int(start[0]))
    pieces.check()
    guard whole.responder.seen == pieces.responder.seen, whole.statuses == pieces.statuses else {
        fatalError("whole \(whole.responder.seen) \(whole.statuses), in pieces \(pieces.responder.seen) \(pieces.statuses)")
    }
    return 0
}

/// Answers what it takes for a request; /none before the body, /later when everything has come.
private final class Echo: Responder {
    var seen: [String] = []
    var methods: [HTTPMethod] = []
    private var current: Exchange?
    private var waiting: [Exchange] = []

    func respond(to exchange: Exchange) {
        methods.append(exchange.head.method)
        current = exchange
        if exchange.head.uri.hasPrefix("/none") {
            seen.append("none")
            return exchange.reply(Problem("no-route", status: 404, title: "Not found"))
        }
        if exchange.head.uri.hasPrefix("/later") { return waiting.append(exchange) }
        guard exchange.announcesBody else { return answer(exchange, 0) }
        exchange.receiveBody(limit: 2048) { result in
            switch result {
            case .success(let body): self.answer(exchange, body.length)
            case .failure(let problem):
                guard problem.status != 499 else { return }
                // What is only too large may be read and thrown away; the connection stays.
                self.seen.append(problem.status == 413 ? "large" : "refused")
                exchange.reply(problem)
            }
        }
    }

    func refused(_ exchange: Exchange, _ problem: Problem) {
        if exchange !== current { methods.append(exchange.head.method) }
        waiting.removeAll { $0 === exchange }
        seen.append("refused")
    }

    private func answer(_ exchange: Exchange, _ count: Int) {
        seen.append("\(exchange.head.method) \(count)")
        exchange.reply(status: 200, headers: ByteBuffer(), body: ByteBuffer(string: "x"))
    }

    func release() -> Bool {
        guard let exchange = waiting.popLast() else { return false }
        answer(exchange, 0)
        return true
    }
}

private let loop = EmbeddedEventLoop()

private final class Run {
    let responder = Echo()
    private(set) var statuses: [Int] = []
    private let connection: ConnectionHandler
    private var said: [UInt8] = []

    init(_ input: UnsafeBufferPointer<UInt8>, size: Int) {
        let edge = Edge(
            loop: loop, limits: EdgeLimits(), responder: responder, spoolFolder: "/nonexistent", threads: .singleton)
        let channel = EmbeddedChannel(loop: loop)
        connection = ConnectionHandler(edge: edge, channel: channel, isLocal: false)
        let pipeline = channel.pipeline.syncOperations
        try! pipeline.addHandler(ConnectionMeter(connection: connection))
        try! pipeline.addHandler(Edge.decoder())
        try! pipeline.addHandler(connection)
        try! channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var rest = input[...]
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            rest = rest.dropFirst(piece.count)
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
        }
        while responder.release() {}
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { said += buffer.readableBytesView }
        phase = connection.phase
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private var phase = ConnectionHandler.Phase.idle

    /// Reads what was said as strictly as can be.
    func check() {
        var rest = said[...]
        var methods = responder.methods[...]
        while !rest.isEmpty {
            guard let status = head(&rest, &methods) else {
                fatalError("not an answer: \(String(decoding: said, as: UTF8.self))")
            }
            if status >= 200 { statuses.append(status) }
        }
        guard statuses.count == responder.seen.count else { fatalError("\(statuses) for \(responder.seen)") }
        if let refused = responder.seen.firstIndex(of: "refused") {
            guard refused == responder.seen.count - 1 else { fatalError("something follows a refusal") }
            guard phase == .lingering else { fatalError("a refusal does not end the connection") }
        }
    }

    private func head(_ rest: inout ArraySlice<UInt8>, _ methods: inout ArraySlice<HTTPMethod>) -> Int? {
        guard rest.starts(with: "HTTP/1.1 ".utf8) else { return nil }
        var lines: [Substring] = []
        while true {
            guard let feed = rest.firstIndex(of: 10), feed > rest.startIndex, rest[feed - 1] == 13 else { return nil }
            let line = Substring(decoding: rest[..<(feed - 1)], as: UTF8.self)
            rest = rest[(feed + 1)...]
            if line.isEmpty { break }
            lines.append(line)
        }
        guard let status = Int(lines[0].dropFirst(9).prefix(3)) else { return nil }
        if status == 100 { return status }
        guard methods.popFirst() != .HEAD else { return status }
        guard let line = lines.first(where: { $0.hasPrefix("Content-Length: ") }), let length = Int(line.dropFirst(16)),
            rest.count >= length
        else { return nil }
        rest = rest.dropFirst(length)
        return status
    }
}
