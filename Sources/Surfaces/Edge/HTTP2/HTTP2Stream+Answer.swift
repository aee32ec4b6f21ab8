internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP1
internal import NIOHTTP2
internal import StewardCore

/// Answers as HTTP/2 writes them (RFC 9113, section 8.1).
extension HTTP2Stream {
    func sendContinue() {
        let head = HTTP2Frame.FramePayload.Headers(headers: [":status": "100"])
        context?.writeAndFlush(wrapOutboundOut(.headers(head)), promise: nil)
    }

    func encode(_ head: AnswerHead, of exchange: Exchange) -> HeaderBlock.Result? {
        var lines = channel.allocator.buffer(capacity: head.lines.readableBytes)
        guard let found = HeaderBlock.append(head.lines, to: &lines) else { return nil }
        if let own = exchange.ownHeaders { lines.writeImmutableBuffer(own) }
        var fields = HTTP2Rules.fields(lines, after: fields(head.status, exchange.trace))
        if let length = length(found, head, of: exchange) {
            fields.add(name: "content-length", value: String(length))
        }
        answerHead = fields
        return found
    }

    /// What content-length says: of a body that is here its own length, whatever the script said.
    private func length(_ found: HeaderBlock.Result, _ head: AnswerHead, of exchange: Exchange) -> Int? {
        guard !ResponseHead.isBodyless(head.status) else { return nil }
        guard let count = head.count else { return head.length == .own ? found.contentLength : nil }
        guard head.length != .none else { return nil }
        return exchange.head.method == .HEAD && head.length == .own ? found.contentLength ?? count : count
    }

    func sendHead(body: ByteBuffer?, isLast: Bool) {
        guard let context, let fields = answerHead else { return }
        answerHead = nil
        isEnding = isLast
        let hasBody = body.map { $0.readableBytes > 0 } ?? false
        let head = HTTP2Frame.FramePayload.Headers(headers: fields, endStream: isLast && !hasBody)
        guard let body, hasBody else {
            let promise = isLast ? lastPromise() : nil
            return context.writeAndFlush(wrapOutboundOut(.headers(head)), promise: promise)
        }
        context.write(wrapOutboundOut(.headers(head)), promise: nil)
        outbox.append(body)
        pump()
    }

    func sendBody(_ bytes: ByteBuffer, of exchange: Exchange) {
        outbox.append(bytes)
        pump()
    }

    func sendEnd(of exchange: Exchange) {
        guard !isEnding, phase != .done else { return }
        isEnding = true
        if outbox.isEmpty {
            let last = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer()), endStream: true)
            context?.writeAndFlush(wrapOutboundOut(.data(last)), promise: lastPromise())
        }
    }

    /// Bytes that go to the stream's channel at a time.
    private static let portion = 8 << 10

    /// Hands over as much as the client takes.
    func pump() {
        guard let context, phase != .done, !outbox.isEmpty else { return }
        var hasSent = false
        while channel.isWritable, let part = outbox.take(upTo: Self.portion) {
            let isLast = isEnding && outbox.isEmpty
            let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(part), endStream: isLast)
            context.write(wrapOutboundOut(.data(data)), promise: promise(part.readableBytes, isLast: isLast))
            hasSent = true
        }
        if hasSent { context.flush() }
    }

    private func lastPromise() -> EventLoopPromise<Void> { promise(0, isLast: true) }

    /// Kept when `count` bytes are with the system.
    private func promise(_ count: Int, isLast: Bool) -> EventLoopPromise<Void> {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess {
            self.taken += count
            if isLast { self.sent() }
        }
        return promise
    }
}
