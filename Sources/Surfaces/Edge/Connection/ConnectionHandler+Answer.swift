internal import NIOCore
internal import NIOHTTP1

/// Answers as HTTP/1.1 writes them (RFC 9112).
extension ConnectionHandler {
    func sendContinue() { send(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")) }

    func encode(_ head: AnswerHead, of exchange: Exchange) -> HeaderBlock.Result? {
        var out = allocator.buffer(capacity: 256 + head.lines.readableBytes + min(head.count ?? 0, Self.joined))
        startHead(head.status, exchange.trace, to: &out)
        guard let found = HeaderBlock.append(head.lines, to: &out) else { return nil }
        if let count = head.count {
            frame(count: count, found, head, of: exchange, to: &out)
        } else {
            frameStream(found, head, of: exchange, to: &out)
        }
        endHead(of: exchange, to: &out)
        answerHead = out
        return found
    }

    /// A body up to so many bytes goes out with its head in one buffer.
    private static let joined = 64 << 10

    private func frame(
        count: Int, _ found: HeaderBlock.Result, _ head: AnswerHead, of exchange: Exchange, to out: inout ByteBuffer
    ) {
        guard !ResponseHead.isBodyless(head.status), head.length != .none else { return }
        let length = head.length == .own ? found.contentLength ?? count : count
        ResponseHead.length(length, to: &out)
        if length != count, exchange.head.method != .HEAD { exchange.keepsAlive = false }
    }

    private func frameStream(
        _ found: HeaderBlock.Result, _ head: AnswerHead, of exchange: Exchange, to out: inout ByteBuffer
    ) {
        if head.length == .own, let length = found.contentLength {
            ResponseHead.length(length, to: &out)
        } else if exchange.takesBody, exchange.head.version.minor >= 1 {
            exchange.isChunked = true
            out.writeStaticString("Transfer-Encoding: chunked\r\n")
        } else if exchange.takesBody {
            exchange.keepsAlive = false
        }
    }

    private func endHead(of exchange: Exchange, to out: inout ByteBuffer) {
        if let own = exchange.ownHeaders { out.writeImmutableBuffer(own) }
        if !exchange.isBodyComplete, !willDrain(exchange) { exchange.keepsAlive = false }
        if isClosing { exchange.keepsAlive = false }
        if !exchange.keepsAlive {
            out.writeStaticString("Connection: close\r\n")
        } else if exchange.head.version.minor == 0 {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
        out.writeStaticString("\r\n")
    }

    func sendHead(body: ByteBuffer?, isLast: Bool) {
        var out = answerHead
        answerHead = ByteBuffer()
        if let body {
            if body.readableBytes <= Self.joined {
                out.writeImmutableBuffer(body)
            } else {
                enqueue(out)
                out = body
            }
        }
        send(out)
    }

    func sendBody(_ bytes: ByteBuffer, of exchange: Exchange) {
        guard exchange.isChunked else { return send(bytes) }
        var out = allocator.buffer(capacity: bytes.readableBytes + 16)
        out.writeString(String(bytes.readableBytes, radix: 16))
        out.writeStaticString("\r\n")
        out.writeImmutableBuffer(bytes)
        out.writeStaticString("\r\n")
        send(out)
    }

    func sendEnd(of exchange: Exchange) {
        if exchange.isChunked { send(ByteBuffer(staticString: "0\r\n\r\n")) }
    }
}
