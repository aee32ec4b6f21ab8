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
    private var idleSince: UInt64
    /// The highest stream that a client has opened.
    private var lastStream = HTTP2StreamID.rootStream
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
        idleSince = edge.now()
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
        if hasSaidGoodbye { cut() }
    }

    // MARK: Life

    /// Frames that concern the connection are the parser's business.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

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
        sayGoodbye(lastStream: .maxID)
    }

    /// After so long a client has heard the first GOAWAY.
    private static let lastGrace: UInt64 = 500_000_000

    func check(now: UInt64) {
        for stream in streams.values { stream.check(now: now) }
        if let since = meter.unfinishedSince, now - min(now, since) > UInt64(edge.limits.header.nanoseconds) {
            sayGoodbye(.enhanceYourCalm)
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

    private func sayGoodbye(_ code: HTTP2ErrorCode = .noError, lastStream: HTTP2StreamID? = nil) {
        guard let context else { return }
        let payload = HTTP2Frame.FramePayload.goAway(
            lastStreamID: lastStream ?? self.lastStream, errorCode: code, opaqueData: nil)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }
}
