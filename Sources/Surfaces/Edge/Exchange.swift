package import NIOCore
package import NIOHTTP1
package import StewardCore

/// What an answer's Content-Length is.
package enum BodyLength: Sendable {
    /// The length of the body that is given; a stream's is unknown.
    case measured
    /// What the header block says (answers to HEAD, streams of known length).
    case own
    /// None is told: an answer to HEAD whose body would be a stream.
    case none
}

/// One request and its answer. Confined to the connection's event loop. The answer is either `reply`, or `begin`,
/// `write`s and `finish`; `abort` cuts it.
package final class Exchange {
    /// Method, target, version, headers.
    package let head: HTTPRequestHead
    /// One id for everything that this request causes.
    package let trace: TraceID
    /// When the head was complete, nanoseconds of the monotonic clock.
    package let started: UInt64
    /// The peer's address as text; nil on the control socket.
    package var peer: String? { connection.peer }
    /// The peer's port.
    package var peerPort: Int { connection.peerPort }
    /// Whether it came over the control socket in the state folder.
    package var isLocal: Bool { connection.isLocal }
    /// The headers' values as they came, in order, if any byte of the head is beyond ASCII.
    package internal(set) var rawValues: [ByteBuffer]?
    /// Called when the connection ends before the answer did.
    package var onAbandoned: (() -> Void)?
    /// Called when there is room again after `isFull` was true.
    package var onWritable: (() -> Void)?
    /// Called once, when the answer is handed to the connection or broke off (`isCut`).
    package var onEnd: ((Exchange) -> Void)?
    /// Status that was answered; 0 before.
    package private(set) var status = 0
    /// Bytes of body that were answered.
    package private(set) var bytesOut = 0
    /// Bytes of body that were received.
    package var bytesIn: Int { receiver?.length ?? 0 }
    /// Whether the answer broke off.
    package private(set) var isCut = false

    let connection: ConnectionHandler
    var receiver: BodyReceiver?
    var completion: ((Result<RequestBody, Problem>) -> Void)?
    var isBodyComplete = false
    var keepsAlive: Bool
    private(set) var isAnswered = false
    private var isChunked = false
    /// Bytes that a stream of announced length still owes.
    private var owed: Int?
    private var takesBody = true

    init(head: HTTPRequestHead, trace: TraceID, started: UInt64, connection: ConnectionHandler) {
        self.head = head
        self.trace = trace
        self.started = started
        self.connection = connection
        keepsAlive = head.isKeepAlive
    }

    /// Whether a body is announced.
    package var announcesBody: Bool {
        head.headers.contains(name: "content-length") || head.headers.contains(name: "transfer-encoding")
    }

    /// The announced length, if there is one.
    package var announcedLength: Int? { head.headers.first(name: "content-length").flatMap { Int($0) } }

    /// Receives the body, up to `limit` bytes; `completion` is called once, perhaps at once. Failures are
    /// 413 and 507. Sends `100 Continue` where the client waits for it. A large body waits in a file of `folder`, which that
    /// folder's group may read; without one in the edge's own folder, for this process alone.
    package func receiveBody(
        limit: Int, folder: String? = nil, _ completion: @escaping (Result<RequestBody, Problem>) -> Void
    ) {
        if let length = announcedLength, length > limit {
            return completion(.failure(Self.tooLarge(limit)))
        }
        receiver = connection.makeReceiver(limit: limit, folder: folder)
        self.completion = completion
        if isBodyComplete {
            finishBody()
        } else if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            connection.send(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
        }
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(
            "body-too-large", status: 413, title: "Content too large",
            detail: "The body has more than the \(limit) bytes that this zone takes (`body_limit`).")
    }

    func finishBody() {
        guard let completion, let receiver else { return }
        self.completion = nil
        receiver.finish { result in
            completion(
                result.mapError {
                    Problem("spool-failed", status: 507, title: "Insufficient storage", detail: $0.detail)
                })
        }
    }

    func failBody(_ problem: Problem) {
        let completion = self.completion
        self.completion = nil
        completion?(.failure(problem))
    }

    // MARK: The answer

    /// Answers at once: `headers` are lines of a header block, checked here.
    package func reply(status: Int, headers: ByteBuffer, body: ByteBuffer, length: BodyLength = .measured) {
        guard !isAnswered else { return }
        var body = body
        var out = connection.allocator.buffer(capacity: 256 + headers.readableBytes + body.readableBytes)
        self.status = status
        connection.startHead(status, trace, to: &out)
        guard let found = HeaderBlock.append(headers, to: &out) else { return refuseHeaders() }
        isAnswered = true
        if !ResponseHead.isBodyless(status), length != .none {
            let length = length == .own ? found.contentLength ?? body.readableBytes : body.readableBytes
            ResponseHead.length(length, to: &out)
            if length != body.readableBytes, head.method != .HEAD { keepsAlive = false }
            // More than announced would pass for the beginning of the next answer.
            if length < body.readableBytes { body.moveWriterIndex(to: body.readerIndex + length) }
        }
        endHead(&out)
        if head.method != .HEAD, !ResponseHead.isBodyless(status) {
            bytesOut = body.readableBytes
            if bytesOut <= 64 << 10 {
                out.writeImmutableBuffer(body)
            } else {
                connection.enqueue(out)
                out = body
            }
        }
        connection.send(out)
        end()
    }

    /// Begins a streamed answer.
    package func begin(status: Int, headers: ByteBuffer, length: BodyLength) {
        guard !isAnswered else { return }
        var out = connection.allocator.buffer(capacity: 256 + headers.readableBytes)
        self.status = status
        connection.startHead(status, trace, to: &out)
        guard let found = HeaderBlock.append(headers, to: &out) else { return refuseHeaders() }
        isAnswered = true
        takesBody = head.method != .HEAD && !ResponseHead.isBodyless(status)
        if length == .own, let length = found.contentLength {
            ResponseHead.length(length, to: &out)
            if takesBody { owed = length }
        } else if takesBody, head.version.minor >= 1 {
            isChunked = true
            out.writeStaticString("Transfer-Encoding: chunked\r\n")
        } else if takesBody {
            keepsAlive = false
        }
        endHead(&out)
        connection.send(out)
    }

    /// The next bytes of a streamed answer.
    package func write(_ bytes: ByteBuffer) {
        var bytes = bytes
        if let owed {
            // More than announced would pass for the beginning of the next answer.
            bytes = bytes.getSlice(at: bytes.readerIndex, length: min(owed, bytes.readableBytes)) ?? bytes
            self.owed = owed - bytes.readableBytes
        }
        guard isAnswered, takesBody, !isCut, bytes.readableBytes > 0 else { return }
        bytesOut += bytes.readableBytes
        guard isChunked else { return connection.send(bytes) }
        var out = connection.allocator.buffer(capacity: bytes.readableBytes + 16)
        out.writeString(String(bytes.readableBytes, radix: 16))
        out.writeStaticString("\r\n")
        out.writeImmutableBuffer(bytes)
        out.writeStaticString("\r\n")
        connection.send(out)
    }

    /// The streamed answer is complete.
    package func finish() {
        guard isAnswered, !isCut else { return }
        if let owed, owed > 0 { return abort() }
        if isChunked { connection.send(ByteBuffer(staticString: "0\r\n\r\n")) }
        end()
    }

    /// The streamed answer can't go on: the connection closes, so that the client sees that something is missing.
    package func abort() {
        guard !isCut else { return }
        isCut = true
        keepsAlive = false
        let onEnd = self.onEnd
        self.onEnd = nil
        onEnd?(self)
        connection.cut()
    }

    /// Whether the client takes the answer slower than it comes.
    package var isFull: Bool { !connection.isWritable }

    /// Answers with a problem document.
    package func reply(_ problem: Problem, headers: [(String, String)] = [], extra: [(String, String)] = []) {
        reply(
            status: problem.status, headers: ProblemDocument.headers(headers),
            body: ProblemDocument.body(problem, trace: trace, extra: extra))
    }

    private func refuseHeaders() {
        let problem = Problem(
            "bad-header", status: 502, title: "Bad gateway",
            detail: "The script answered with a header line that is not `Name: value`.")
        reply(problem)
    }

    private func endHead(_ out: inout ByteBuffer) {
        if !isBodyComplete, !connection.willDrain(self) { keepsAlive = false }
        if connection.isClosing { keepsAlive = false }
        if !keepsAlive {
            out.writeStaticString("Connection: close\r\n")
        } else if head.version.minor == 0 {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
        out.writeStaticString("\r\n")
    }

    private func end() {
        let onEnd = self.onEnd
        self.onEnd = nil
        onEnd?(self)
        connection.ended(self)
    }

    /// The connection is gone.
    func abandon() {
        failBody(Problem("client-left", status: 499, title: "The client left"))
        isCut = true
        onAbandoned?()
        onAbandoned = nil
        let onEnd = self.onEnd
        self.onEnd = nil
        onEnd?(self)
    }
}
