import NIOCore
import StewardCore
import StewardEdge

/// An answer that comes from another thread. Confined to the event loop but for `complete`.
final class PendingAnswer: @unchecked Sendable {
    private var journey: Journey?
    private let loop: any EventLoop

    init(_ journey: Journey, loop: any EventLoop) {
        self.journey = journey
        self.loop = loop
        journey.exchange.onAbandoned = { [self] in
            journey.errorCode = "client-left"
            self.journey = nil
        }
    }

    func complete(_ result: Result<[UInt8], Problem>) {
        loop.execute { [self] in
            guard let journey else { return }
            self.journey = nil
            switch result {
            case .success(let json):
                var bytes = ByteBuffer(bytes: json)
                bytes.writeInteger(UInt8(ascii: "\n"))
                journey.exchange.reply(
                    status: 200,
                    headers: ByteBuffer(string: "Content-Type: application/json\r\nCache-Control: no-store\r\n"),
                    body: bytes)
            case .failure(let problem):
                journey.refuse(problem, headers: problem.status == 503 ? [("Retry-After", "10")] : [])
            }
        }
    }
}
