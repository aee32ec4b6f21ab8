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
    /// The process at the other end of the control socket when it connected, as the kernel proves it; nil elsewhere, and
    /// where this server's process table doesn't have it.
    package var peerProcess: Int32? { connection.peerProcess }
    /// Whether it came over the control socket in the state folder.
    package var isLocal: Bool { connection.isLocal }
    /// What TLS says of its connection; nil over plain HTTP.
    package var security: ConnectionSecurity? { connection.security }
    /// The headers' values as they came, in order, if any byte of the head is beyond ASCII.
    package internal(set) var rawValues: [ByteBuffer]?
    /// The server's own lines for the head of the answer, each with its line end.
    package var ownHeaders: ByteBuffer?
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

    let connection: any ExchangeCarrier
    var receiver: BodyReceiver?
    var completion: ((Result<RequestBody, Problem>) -> Void)?
    var isBodyComplete = false
    var keepsAlive: Bool
    /// Whether a body follows that no header announces, as HTTP/2 has it.
    var hasOpenBody = false
    private(set) var isAnswered = false
    /// Whether the streamed answer goes in chunks.
    var isChunked = false
    /// Bytes that a stream of announced length still owes.
    private var owed: Int?
    /// Whether the answer has a body, by its method and status.
    private(set) var takesBody = true

    init(head: HTTPRequestHead, trace: TraceID, started: UInt64, connection: any ExchangeCarrier) {
        self.head = head
        self.trace = trace
        self.started = started
        self.connection = connection
        keepsAlive = head.isKeepAlive
    }

    /// Whether a body is announced.
    package var announcesBody: Bool {
        hasOpenBody || head.headers.contains(name: "content-length") || head.headers.contains(name: "transfer-encoding")
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
        } else if head.version.minor >= 1 || head.version.major > 1,
            head.headers.first(name: "expect")?.lowercased() == "100-continue"
        {
            connection.sendContinue()
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
        self.status = status
        let answer = AnswerHead(status: status, lines: headers, length: length, count: body.readableBytes)
        guard let found = connection.encode(answer, of: self) else { return refuseHeaders() }
        isAnswered = true
        takesBody = head.method != .HEAD && !ResponseHead.isBodyless(status)
        var body = body
        if length == .own, let announced = found.contentLength, announced < body.readableBytes {
            // More than announced would pass for the beginning of the next answer.
            body.moveWriterIndex(to: body.readerIndex + announced)
        }
        if takesBody { bytesOut = body.readableBytes }
        connection.sendHead(body: takesBody ? body : nil, isLast: true)
        end()
    }

    /// Begins a streamed answer.
    package func begin(status: Int, headers: ByteBuffer, length: BodyLength) {
        guard !isAnswered else { return }
        self.status = status
        takesBody = head.method != .HEAD && !ResponseHead.isBodyless(status)
        let answer = AnswerHead(status: status, lines: headers, length: length, count: nil)
        guard let found = connection.encode(answer, of: self) else { return refuseHeaders() }
        isAnswered = true
        if length == .own, takesBody { owed = found.contentLength }
        connection.sendHead(body: nil, isLast: false)
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
        connection.sendBody(bytes, of: self)
    }

    /// The streamed answer is complete.
    package func finish() {
        guard isAnswered, !isCut else { return }
        if let owed, owed > 0 { return abort() }
        connection.sendEnd(of: self)
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
        connection.cut(self)
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
