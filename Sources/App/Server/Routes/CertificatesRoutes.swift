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
        guard journey.caller.isAdmin else { return refuseForAdmins("Certificates are", journey) }
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

    /// Refuses whoever has no admin key; `what` begins the sentence.
    func refuseForAdmins(_ what: String, _ journey: Journey) {
        let isKnown = journey.caller != .anonymous
        journey.refuse(
            Problem(
                isKnown ? "key-insufficient" : "key-required", status: isKnown ? 403 : 401,
                title: isKnown ? "The key does not open this" : "A key is required",
                detail: "\(what) for admin keys; add one with 'steward key add NAME --role admin'."),
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
