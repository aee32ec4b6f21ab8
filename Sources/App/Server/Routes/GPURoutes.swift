import NIOHTTP1
import StewardAPI
import StewardCore
import StewardEdge
import StewardGPU

/// `/_platform/gpus...`: the cards, who holds them, the queue. The lane answers on its own thread.
extension PlatformRoutes {
    private static let root = PlatformPath.gpus
    /// More bytes than any request needs.
    private static let bodyLimit = 64 << 10

    /// Whether `path` is one of these.
    static func isGPU(_ path: String) -> Bool { path == root || path.hasPrefix(root + "/") }

    /// Answers whoever has a key.
    func gpus(_ journey: Journey) {
        guard journey.caller != .anonymous else {
            return journey.refuse(
                Problem(
                    "key-required", status: 401, title: "A key is required",
                    detail: "GPUs are for callers with a key; add one with 'steward key add NAME'."),
                headers: [("WWW-Authenticate", "Bearer realm=\"steward\"")])
        }
        let rest = String(journey.path.dropFirst(Self.root.count + 1))
        guard let action = GPUAction(path: rest) else {
            return journey.refuse(.noRoute(journey.path, zone: PlatformPath.prefix))
        }
        guard !action.isForAdmins || journey.caller.isAdmin else { return refuseForAdmins("This is", journey) }
        guard action.methods.contains(journey.exchange.head.method) else {
            return refuseMethod(journey, allow: action.methods.map(\.rawValue).joined(separator: ", "))
        }
        guard let lane else { return journey.refuse(.noLane) }
        guard journey.exchange.announcesBody else { return ask(lane, action, body: nil, journey) }
        journey.exchange.receiveBody(limit: Self.bodyLimit) { result in
            switch result {
            case .success(.memory(let buffer)): self.ask(lane, action, body: Array(buffer.readableBytesView), journey)
            case .success: journey.refuse(.badGPURequest("The body is longer than any request needs."))
            case .failure(let problem):
                if problem.status == 499 { journey.errorCode = problem.code } else { journey.refuse(problem) }
            }
        }
    }

    private func ask(_ lane: LaneService, _ action: GPUAction, body: [UInt8]?, _ journey: Journey) {
        let question = GPUQuestion(
            action: action, method: journey.exchange.head.method, query: journey.query, body: body,
            caller: journey.caller, peer: journey.exchange.peerProcess, trace: "\(journey.exchange.trace)")
        let pending = PendingAnswer(journey, loop: loop)
        Task.detached {
            do throws(Problem) {
                let answer = try await question.answer(by: lane)
                pending.complete(.success(answer))
            } catch {
                pending.complete(.failure(error))
            }
        }
    }
}
