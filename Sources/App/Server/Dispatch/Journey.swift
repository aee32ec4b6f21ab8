import NIOCore
import NIOHTTP1
import StewardAccess
import StewardCore
import StewardEdge
import StewardScripts
import StewardTelemetry

/// One request on its way: what is known of it so far, where the answer goes, and the line in the log at its end.
/// Confined to the event loop.
final class Journey: CallSink {
    let exchange: Exchange
    let dispatcher: Dispatcher
    var path = ""
    var query: String?
    private(set) var zone: Zone?
    var script: Script?
    var caller = Caller.anonymous
    var client = ""
    /// Its address; nil for a local caller.
    var address: IPAddress?
    /// What the limits have to do with it.
    var trail = LimitTrail()
    var errorCode: String?
    var call: Call?
    private var hasBegun = false

    init(exchange: Exchange, dispatcher: Dispatcher) {
        self.exchange = exchange
        self.dispatcher = dispatcher
        exchange.onEnd = { _ in self.arrive() }
    }

    /// The zone answers for it from now on, and is not taken down before it has.
    func enter(_ zone: Zone) {
        self.zone = zone
        zone.scripts.openRequests += 1
    }

    /// Answers with a problem.
    func refuse(_ problem: Problem, headers: [(String, String)] = [], extra: [(String, String)] = []) {
        errorCode = problem.code
        exchange.reply(problem, headers: headers, extra: extra)
    }

    /// Gives the request to its script.
    func run(_ script: Script, in zone: Zone, environ: EnvironBlock, body: ByteBuffer?) {
        let now = monotonicNow()
        // Strong references; `arrive`, which always comes, ends the cycles.
        exchange.onAbandoned = { [self] in
            guard let call else { return }
            errorCode = "client-left"
            zone.scripts.pool.cancel(call)
        }
        exchange.onWritable = { [self] in
            if let call { zone.scripts.pool.resume(call) }
        }
        call = zone.scripts.call(
            script, by: caller.name, trace: exchange.trace, environ: environ, body: body,
            isSafe: exchange.head.method.isSafe,
            now: now, sink: self)
    }

    // MARK: CallSink

    var isFull: Bool { exchange.isFull }

    /// The key that calls, else the address.
    var flow: UInt64 {
        var hasher = Hasher()
        hasher.combine(caller.keyName.map { .key($0) } ?? address.map { LimitedCaller($0) } ?? .others)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    func reply(status: Int, headers: ByteBuffer, body: ByteBuffer, length: AnswerLength) {
        exchange.reply(status: status, headers: headers, body: body, length: .init(length))
    }

    func begin(status: Int, headers: ByteBuffer, length: AnswerLength) {
        hasBegun = true
        exchange.begin(status: status, headers: headers, length: .init(length))
    }

    func write(_ bytes: ByteBuffer) { exchange.write(bytes) }

    func finish() { exchange.finish() }

    func fail(_ failure: CallFailure) {
        let answer = FailureAnswer(failure, route: script?.route ?? path, zone: zone?.label ?? "")
        dispatcher.log(failure, answer, of: self)
        errorCode = answer.problem.code
        guard !hasBegun else { return exchange.abort() }
        refuse(answer.problem, headers: answer.headers)
    }

    private func arrive() {
        trail.end()
        dispatcher.record(self)
        zone?.scripts.openRequests -= 1
        exchange.onAbandoned = nil
        exchange.onWritable = nil
    }
}

extension BodyLength {
    init(_ length: AnswerLength) {
        switch length {
        case .measured: self = .measured
        case .own: self = .own
        case .none: self = .none
        }
    }
}
