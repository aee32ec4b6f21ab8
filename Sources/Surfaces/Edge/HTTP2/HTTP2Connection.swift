internal import NIOCore
internal import NIOHTTP2
internal import StewardCore

/// One HTTP/2 connection: its streams, how long it may do nothing, how it ends. Confined to the edge's event loop.
final class HTTP2Connection: ChannelInboundHandler, EdgeConnection, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let edge: Edge
    let peer: String?
    let peerPort: Int
    let security: ConnectionSecurity?
    let listener: (any Channel)?
    private let meter: HTTP2Meter
    private var context: ChannelHandlerContext?
    private var streams: [ObjectIdentifier: HTTP2Stream] = [:]
    private let began: UInt64
    private var idleSince: UInt64
    /// Whether the client has taken note of the server's settings.
    private var isSettled = false
    /// The highest stream that a client has opened.
    private var lastStream = HTTP2StreamID.rootStream
    /// How fast the client takes what waits for it.
    private var outward: Pace?
    private var drainingSince: UInt64?
    private var hasSaidGoodbye = false
    private var isClosed = false

    init(edge: Edge, channel: any Channel, security: ConnectionSecurity?, meter: HTTP2Meter) {
        self.edge = edge
        self.security = security
        listener = channel.parent
        self.meter = meter
        peer = channel.remoteAddress?.ipAddress
        peerPort = channel.remoteAddress?.port ?? 0
        began = edge.now()
        idleSince = began
    }

    /// Puts HTTP/2 into the pipeline of `channel`.
    static func serve(_ channel: any Channel, edge: Edge, security: ConnectionSecurity?) throws {
        let meter = HTTP2Meter(edge: edge)
        let connection = HTTP2Connection(edge: edge, channel: channel, security: security, meter: meter)
        let parser = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: HTTP2Rules.connection(edge.limits),
            streamConfiguration: HTTP2Rules.stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2Stream(connection: connection, channel: stream))
            }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(meter)
        try pipeline.addHandler(parser)
        try pipeline.addHandler(connection)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        edge.opened(self)
    }

    // MARK: Streams

    func opened(_ stream: HTTP2Stream, id: HTTP2StreamID) {
        streams[ObjectIdentifier(stream)] = stream
        lastStream = max(lastStream, id)
    }

    func closed(_ stream: HTTP2Stream) {
        guard streams.removeValue(forKey: ObjectIdentifier(stream)) != nil, streams.isEmpty else { return }
        idleSince = edge.now()
        guard hasSaidGoodbye else { return }
        // The last frame of the last stream is being written just now.
        edge.loop.execute { if self.streams.isEmpty { self.cut() } }
    }

    // MARK: Life

    /// Other frames that concern the connection are the parser's business.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .settings(.ack) = unwrapInboundIn(data).payload { isSettled = true }
    }

    /// An error of one stream ends that stream; after one of the connection the parser has said GOAWAY.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if meter.isFatal || !isOfHTTP2(error) { cut() }
    }

    private func isOfHTTP2(_ error: any Error) -> Bool {
        error is any NIOHTTP2Error || error is NIOHTTP2Errors.StreamError
    }

    func channelInactive(context: ChannelHandlerContext) { leave() }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        context = nil
        isClosed = true
        edge.closed(self)
    }

    var stored: (oldest: UInt64, room: Int)? {
        let waiting = streams.values.compactMap(\.outbox.stored)
        guard let oldest = waiting.map(\.oldest).min() else { return nil }
        return (oldest, waiting.reduce(0) { $0 + $1.room })
    }

    func idleTime(now: UInt64) -> UInt64? {
        streams.isEmpty && drainingSince == nil ? now - min(now, idleSince) : nil
    }

    func cut() {
        guard !isClosed else { return }
        isClosed = true
        context?.close(promise: nil)
    }

    /// The client may go on with what it has begun; what it sends before it has heard of this is answered too.
    func drain() {
        guard drainingSince == nil else { return }
        drainingSince = edge.now()
        meter.announceEnd()
    }

    /// After so long a client has heard the first GOAWAY.
    private static let lastGrace: UInt64 = 500_000_000

    func check(now: UInt64) {
        for stream in streams.values { stream.check(now: now) }
        if isStuck(now: now) { return cut() }
        if let since = meter.unfinishedSince, now - min(now, since) > UInt64(edge.limits.header.nanoseconds) {
            sayGoodbye(.enhanceYourCalm)
            return cut()
        }
        if !isSettled, now - min(now, began) > UInt64(edge.limits.header.nanoseconds) {
            sayGoodbye(.settingsTimeout)
            return cut()
        }
        if let drainingSince {
            guard !hasSaidGoodbye, now - min(now, drainingSince) > Self.lastGrace else { return }
            hasSaidGoodbye = true
            sayGoodbye()
            if streams.isEmpty { cut() }
        } else if streams.isEmpty, now - min(now, idleSince) > UInt64(edge.limits.keepAlive.nanoseconds) {
            sayGoodbye()
            cut()
        }
    }

    /// Whether the client's system takes nothing, or next to nothing, of what waits in the program for it.
    private func isStuck(now: UInt64) -> Bool {
        guard let channel = context?.channel, TransportProgress.waiting(channel) > 0,
            let taken = TransportProgress.acknowledged(channel)
        else {
            outward = nil
            return false
        }
        var pace = outward ?? Pace(window: UInt64(edge.limits.write.nanoseconds), now: now, bytes: taken)
        pace.look(taken, now: now, counts: true)
        outward = pace
        return pace.isStalled || pace.isBelow(edge.limits.writeRate, over: edge.limits.write)
    }

    private func sayGoodbye(_ code: HTTP2ErrorCode = .noError) {
        guard let context else { return }
        let payload = HTTP2Frame.FramePayload.goAway(lastStreamID: lastStream, errorCode: code, opaqueData: nil)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }
}
