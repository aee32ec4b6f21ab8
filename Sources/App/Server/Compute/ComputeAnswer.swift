import Foundation
import NIOCore
import StewardAPI
import StewardEdge

/// The answer to a computation: one document at its end, or server-sent events (HTML, section 9.2) as it goes.
/// Confined to the event loop.
final class ComputeAnswer: @unchecked Sendable {
    private var journey: Journey?
    private let order: ComputeOrder
    private let loop: any EventLoop
    private var hasBegun = false
    /// Text that waits for the client to read what came before.
    private var text = ""

    /// A comment so often, so that proxies keep the connection and a client that has left is noticed.
    private static let pause = TimeAmount.seconds(15)

    init(_ order: ComputeOrder, _ journey: Journey, loop: any EventLoop) {
        self.order = order
        self.journey = journey
        self.loop = loop
    }

    /// The client is gone.
    func leave() { journey = nil }

    /// A message of the child.
    func tell(_ message: ComputeMessage) {
        guard order.isStreamed, let journey else { return }
        switch message.name {
        case "running", "problem", "result": return
        case "progress" where journey.exchange.isFull: return
        case "text":
            guard let piece = try? JSONDecoder().decode(ComputeSampleText.self, from: Data(message.json)) else {
                return
            }
            text += piece.text
            if !journey.exchange.isFull { sendText(to: journey) }
        default: send(message.name, message.json, to: journey)
        }
    }

    /// It waits for a GPU: so many are before it.
    func wait(position: Int, reason: String) {
        guard order.isStreamed, let journey, !journey.exchange.isFull else { return }
        send("waiting", ComputeReply.encode(ComputeWaiting(position: position, reason: reason)), to: journey)
    }

    /// It gets no GPU.
    func refuse(_ problem: ComputeProblem) {
        guard let journey else { return }
        self.journey = nil
        guard hasBegun else { return ComputeReply.refuse(journey, problem) }
        send("problem", ComputeReply.encode(problem), to: journey)
        journey.exchange.finish()
    }

    /// The child is gone.
    func end(_ ending: ComputeEnding) {
        guard let journey else { return }
        self.journey = nil
        let problem = ending.problem(checking: order.checking)
        if order.isStreamed, hasBegun {
            sendText(to: journey)
            if let problem {
                var told = problem
                told.traceID = "\(journey.exchange.trace)"
                journey.errorCode = problem.code
                send("problem", ComputeReply.encode(told), to: journey)
            } else {
                send("result", ending.result ?? [], to: journey)
            }
            return journey.exchange.finish()
        }
        if let problem { return ComputeReply.refuse(journey, problem) }
        guard order.isStreamed else { return ComputeReply.reply(journey, json: document(ending)) }
        send("result", ending.result ?? [], to: journey)
        journey.exchange.finish()
    }

    /// A run's result with what the kernel printed.
    private func document(_ ending: ComputeEnding) -> [UInt8] {
        let json = ending.result ?? []
        guard order.task == .run, var result = try? JSONDecoder().decode(ComputeRunResult.self, from: Data(json)) else {
            return json
        }
        result.printed = ending.printed
        result.isPrintedCut = ending.isPrintedCut
        return ComputeReply.encode(result)
    }

    private func sendText(to journey: Journey) {
        guard !text.isEmpty else { return }
        send("text", ComputeReply.encode(ComputeSampleText(text)), to: journey)
        text = ""
    }

    private func send(_ event: String, _ json: [UInt8], to journey: Journey) {
        if !hasBegun {
            hasBegun = true
            journey.exchange.begin(
                status: 200,
                headers: ByteBuffer(
                    string: "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"),
                length: .measured)
            keepAlive()
        }
        var bytes = ByteBuffer(string: "event: \(event)\ndata: ")
        bytes.writeBytes(json)
        bytes.writeString("\n\n")
        journey.exchange.write(bytes)
    }

    private func keepAlive() {
        loop.scheduleTask(in: Self.pause) { [self] in
            guard let journey else { return }
            journey.exchange.write(ByteBuffer(string: ":\n\n"))
            keepAlive()
        }
    }
}
