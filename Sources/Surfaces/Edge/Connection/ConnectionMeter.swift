internal import NIOCore

/// Watches raw bytes before the parser: hands on one request at a time, each only once its head is whole and its
/// framing beyond doubt. What a client sends ahead waits here as bytes, and while it waits nothing more is read.
final class ConnectionMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler
    private var context: ChannelHandlerContext?
    private var framing = RequestFraming()
    /// Bytes that can't go on yet: a head without its end, or requests that come ahead of their turn.
    private var held: ByteBuffer?
    private var isPumping = false
    /// The system's buffer may hold some megabytes when a client ends its side; more than that is never ahead.
    private static let mostHeld = 16 << 20

    init(connection: ConnectionHandler) {
        self.connection = connection
        connection.meter = self
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { release() }

    /// Lets go of the pipeline and of what was held.
    func release() {
        context = nil
        held = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard connection.phase != .lingering else { return connection.discard(bytes.readableBytes) }
        if held == nil { held = bytes } else { held?.writeImmutableBuffer(bytes) }
        pump()
        if let held, held.readableBytes > Self.mostHeld { connection.drop() }
    }

    /// Hands on what may go on. Called again when a request has its answer.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while let bytes = held, connection.phase != .lingering {
            guard !framing.isBetweenRequests || connection.isFree else { break }
            guard take(bytes) else { break }
        }
        if connection.phase == .lingering { held = nil }
        connection.pause(held != nil && framing.isBetweenRequests && !connection.isFree, for: .turn)
    }

    /// One step; false when nothing can be done before more bytes come.
    private func take(_ bytes: ByteBuffer) -> Bool {
        switch bytes.withUnsafeReadableBytes({ framing.next($0, limits: connection.edge.limits) }) {
        case .wait:
            if framing.isBetweenRequests { connection.headBegan() }
            return false
        case .skip(let count):
            drop(count)
            return true
        case .refuse(let problem):
            held = nil
            connection.reject(problem)
            return false
        case .pass(let count):
            return pass(bytes, count)
        }
    }

    /// Lets the parser read what passed, and sees that it came to the same result.
    private func pass(_ bytes: ByteBuffer, _ count: Int) -> Bool {
        if framing.headLength > 0, framing.hasHighBytes {
            connection.rawHead = bytes.getSlice(at: bytes.readerIndex, length: framing.headLength)
        }
        connection.hasLooseEnds = framing.headLength > 0 && framing.hasLooseEnds
        drop(count)
        guard let context else { return false }
        let piece = bytes.readableBytes == count ? bytes : bytes.getSlice(at: bytes.readerIndex, length: count)!
        context.fireChannelRead(wrapInboundOut(piece))
        guard connection.phase != .lingering else { return false }
        guard connection.heads == framing.heads, connection.requests == framing.requests else {
            held = nil
            connection.reject(HeadScan.badFraming("The request can be read in two ways."))
            return false
        }
        return true
    }

    private func drop(_ count: Int) {
        if let bytes = held, bytes.readableBytes > count {
            held?.moveReaderIndex(forwardBy: count)
        } else {
            held = nil
        }
    }
}
