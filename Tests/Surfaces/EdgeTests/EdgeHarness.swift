import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import StewardCore

@testable import StewardEdge

/// Answers what it takes for a request with `METHOD BYTES`; /none with 404 before the body, /later when it is told to.
final class EchoResponder: Responder {
    /// What arrived, in order: `POST 5`, `refused 400`.
    private(set) var seen: [String] = []
    /// The methods of everything that gets an answer, in order.
    private(set) var methods: [HTTPMethod] = []
    private(set) var abandoned = 0
    private var waiting: [Exchange] = []
    private var current: Exchange?

    func respond(to exchange: Exchange) {
        methods.append(exchange.head.method)
        current = exchange
        if exchange.head.uri.hasPrefix("/none") {
            seen.append("none")
            return exchange.reply(Problem("no-route", status: 404, title: "Not found"))
        }
        if exchange.head.uri.hasPrefix("/later") {
            waiting.append(exchange)
            exchange.onAbandoned = { self.abandoned += 1 }
            return
        }
        guard exchange.announcesBody else { return answer(exchange, 0) }
        exchange.receiveBody(limit: 64 << 10) { result in
            switch result {
            case .success(let body): self.answer(exchange, body.length)
            case .failure(let problem):
                guard problem.status != 499 else { return }
                self.seen.append("refused \(problem.status)")
                exchange.reply(problem)
            }
        }
    }

    func refused(_ exchange: Exchange, _ problem: Problem) {
        if exchange !== current { methods.append(exchange.head.method) }
        seen.append("refused \(problem.status)")
    }

    private func answer(_ exchange: Exchange, _ count: Int) {
        let text = "\(exchange.head.method) \(count)"
        seen.append(text)
        exchange.reply(status: 200, headers: ByteBuffer(), body: ByteBuffer(string: text))
    }

    /// Answers what waits.
    func release() {
        let exchanges = waiting
        waiting = []
        for exchange in exchanges { answer(exchange, 0) }
    }
}

/// The edge's own pipeline on a channel in memory.
final class EdgeHarness {
    let loop = EmbeddedEventLoop()
    let responder = EchoResponder()
    let channel: EmbeddedChannel
    let connection: ConnectionHandler
    let edge: Edge

    init(limits: EdgeLimits = EdgeLimits()) throws {
        edge = Edge(
            loop: loop, limits: limits, responder: responder, spoolFolder: "/nonexistent", threads: .singleton)
        channel = EmbeddedChannel(loop: loop)
        connection = ConnectionHandler(edge: edge, channel: channel, isLocal: false)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ConnectionMeter(connection: connection))
        try pipeline.addHandler(Edge.decoder())
        try pipeline.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    /// Feeds bytes in pieces of `size`.
    func feed(_ bytes: some Collection<UInt8>, size: Int = .max) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            rest = rest.dropFirst(piece.count)
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
        }
    }

    func feed(_ text: String) { feed(text.utf8) }

    /// Everything that was said since the last look.
    func said() -> String {
        var bytes: [UInt8] = []
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The status codes of what was said; nil if it isn't a row of whole answers.
    func answers() -> [Int]? { Answers.read(said(), methods: responder.methods) }
}

/// Reads answers strictly.
enum Answers {
    static func read(_ text: String, methods: [HTTPMethod]) -> [Int]? {
        var rest = Array(text.utf8)[...]
        var methods = methods[...]
        var statuses: [Int] = []
        while !rest.isEmpty {
            guard let head = headEnd(rest) else { return nil }
            let lines = String(decoding: rest[..<head], as: UTF8.self).components("\r\n")
            guard lines[0].hasPrefix("HTTP/1.1 "), let status = Int(lines[0].dropFirst(9).prefix(3)) else { return nil }
            statuses.append(status)
            rest = rest[head...].dropFirst(4)
            if status == 100 { continue }
            let method = methods.popFirst() ?? .GET
            guard method != .HEAD else { continue }
            guard
                let length = lines.first(where: { $0.hasPrefix("Content-Length: ") }).flatMap({ Int($0.dropFirst(16)) }
                ),
                rest.count >= length
            else { return nil }
            rest = rest.dropFirst(length)
        }
        return statuses
    }

    private static func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while index + 3 < bytes.endIndex {
            if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                return index
            }
            index += 1
        }
        return nil
    }
}

extension String {
    /// The parts between `separator`.
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
