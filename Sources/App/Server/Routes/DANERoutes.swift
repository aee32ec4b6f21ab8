import Foundation
import NIOCore
import NIOHTTP1
import StewardAPI
import StewardCore
import StewardEdge
import StewardHelper

/// `/_platform/dane...`: how TLSA records stand, and rollovers. The helper answers; the server passes it on.
extension PlatformRoutes {
    private static let root = PlatformPath.dane
    /// More bytes than any request needs.
    private static let bodyLimit = 64 << 10

    /// Whether `path` is one of these.
    static func isDANE(_ path: String) -> Bool { path == root || path.hasPrefix(root + "/") }

    /// Answers an admin.
    func dane(_ journey: Journey) {
        guard journey.caller.isAdmin else { return refuseForAdmins("DANE is", journey) }
        let rest = String(journey.path.dropFirst(Self.root.count + 1))
        guard let action = DANEAction(path: rest) else {
            return journey.refuse(.noRoute(journey.path, zone: PlatformPath.prefix))
        }
        guard action.methods.contains(journey.exchange.head.method) else {
            return refuseMethod(journey, allow: action.methods.map(\.rawValue).joined(separator: ", "))
        }
        guard journey.exchange.announcesBody else { return ask(action, body: nil, journey) }
        journey.exchange.receiveBody(limit: Self.bodyLimit) { result in
            switch result {
            case .success(.memory(let buffer)): self.ask(action, body: Array(buffer.readableBytesView), journey)
            case .success: journey.refuse(.badDANERequest("The body is longer than any request needs."))
            case .failure(let problem):
                if problem.status == 499 { journey.errorCode = problem.code } else { journey.refuse(problem) }
            }
        }
    }

    private func ask(_ action: DANEAction, body: [UInt8]?, _ journey: Journey) {
        let client = HelperClient(socket: helperSocket)
        let question = DANEQuestion(
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
