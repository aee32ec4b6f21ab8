import Foundation
import NIOCore
import NIOHTTP1
import StewardAPI
import StewardCore
import StewardEdge
import StewardHelper

/// `/_platform/certificates...`: what certbot holds and what uses it. The helper answers; the server passes it on.
extension PlatformRoutes {
    private static let root = PlatformPath.certificates

    /// Whether `path` is one of these.
    static func isCertificates(_ path: String) -> Bool { path == root || path.hasPrefix(root + "/") }

    /// Answers an admin.
    func certificates(_ journey: Journey) {
        guard journey.caller.isAdmin else { return refuseCertificates(journey) }
        let rest = journey.path.dropFirst(Self.root.count + 1)
        let method = journey.exchange.head.method
        let action = CertificateAction(path: String(rest))
        guard action.methods.contains(method) else {
            return refuseMethod(journey, allow: action.methods.map(\.rawValue).joined(separator: ", "))
        }
        guard journey.exchange.announcesBody else { return ask(action, body: nil, journey) }
        journey.exchange.receiveBody(limit: HelperFrame.requestLimit / 2) { result in
            switch result {
            case .success(let body): self.ask(action, body: body, journey)
            case .failure(let problem):
                if problem.status == 499 { journey.errorCode = problem.code } else { journey.refuse(problem) }
            }
        }
    }

    private func refuseCertificates(_ journey: Journey) {
        let isKnown = journey.caller != .anonymous
        journey.refuse(
            Problem(
                isKnown ? "key-insufficient" : "key-required", status: isKnown ? 403 : 401,
                title: isKnown ? "The key does not open this" : "A key is required",
                detail: "Certificates are for admin keys; add one with 'steward key add NAME --role admin'."),
            headers: isKnown ? [] : [("WWW-Authenticate", "Bearer realm=\"steward\"")])
    }

    private func ask(_ action: CertificateAction, body: RequestBody?, _ journey: Journey) {
        let client = HelperClient(socket: helperSocket)
        let question = CertificateQuestion(
            action: action, query: journey.query, body: body, actor: journey.caller.name,
            trace: "\(journey.exchange.trace)")
        let pending = PendingAnswer(journey, loop: loop)
        Task.detached {
            do throws(Problem) {
                let answer = try await question.answer(by: client)
                pending.complete(.success(answer))
            } catch {
                pending.complete(.failure(error))
            }
        }
    }
}

/// An answer that comes from another thread. Confined to the event loop but for `complete`.
private final class PendingAnswer: @unchecked Sendable {
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
