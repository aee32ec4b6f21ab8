import Logging
import NIOHTTP1
import StewardAccess
import StewardCore
import StewardEdge
import StewardScripts
import StewardTelemetry

extension Dispatcher {
    /// The line and the counts of a request that is answered.
    func record(_ journey: Journey) {
        let exchange = journey.exchange
        let status = exchange.status == 0 ? 499 : exchange.status
        let microseconds = Int((monotonicNow() - exchange.started) / 1000)
        metrics.inFlight.add(-1)
        metrics.route(journey.script, zone: journey.zone?.label ?? "").record(
            status: status, microseconds: microseconds)
        if exchange.bytesIn > 0 { metrics.bytesIn.increment(by: exchange.bytesIn) }
        metrics.bytesOut.increment(by: exchange.bytesOut)
        let call = journey.call
        var queue: UInt64 = 0
        if let call, call.sent > 0 { queue = (call.sent - min(call.sent, call.submitted)) / 1000 }
        sink.write(
            AccessRecord(
                trace: exchange.trace, zone: journey.zone?.label ?? "", route: journey.script?.route ?? "",
                method: exchange.head.method.rawValue, path: secrets.hide(in: journey.path),
                query: journey.query.map { secrets.hide(in: mask.mask(query: $0)) } ?? "", caller: journey.caller.name,
                client: journey.client,
                httpVersion: exchange.head.version.text, status: status,
                bytesIn: exchange.bytesIn, bytesOut: exchange.bytesOut, duration: Int64(microseconds),
                queue: Int64(queue), worker: call.map(\.workerPID),
                userAgent: exchange.head.headers.first(name: "user-agent").map { secrets.hide(in: $0) },
                error: journey.errorCode ?? (exchange.isCut ? "cut" : nil)))
    }

    /// What the log says of a failed call beside its request line: file, line and stack.
    func log(_ failure: CallFailure, _ answer: FailureAnswer, of journey: Journey) {
        var metadata: Logger.Metadata = [
            "event": "\(answer.problem.code)", "trace_id": "\(journey.exchange.trace)",
            "route": "\(journey.script?.route ?? journey.path)",
        ]
        guard case .script(let failure) = failure else {
            var text = answer.problem.detail ?? answer.problem.title
            if case .crashed(let status?) = failure {
                text += status < 0 ? " Signal \(status.magnitude)." : " Exit code \(status)."
            }
            return logger.error("\(text)", metadata: metadata)
        }
        guard answer.problem.status >= 500 else { return }
        if let file = failure.file { metadata["file"] = "\(file)" }
        if let line = failure.line { metadata["line"] = "\(line)" }
        if let detail = failure.detail { metadata["traceback"] = "\(secrets.hide(in: detail))" }
        logger.error("\(secrets.hide(in: failure.message))", metadata: metadata)
    }

    /// A line that a script printed.
    func log(_ output: ScriptOutput, zone: String) {
        sink.write(
            ScriptLine(
                trace: output.call?.trace, zone: zone, route: output.call?.script.route ?? "",
                source: .init(flags: output.level), message: secrets.hide(in: output.text), worker: output.pid))
    }
}
