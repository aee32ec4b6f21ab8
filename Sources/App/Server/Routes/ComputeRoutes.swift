import Foundation
import NIOCore
import NIOHTTP1
import StewardAPI
import StewardCore
import StewardEdge

/// What a path beneath `/_platform/compute` asks for.
enum ComputeAction: String, CaseIterable {
    case devices
    case run
    case check
    case explain
    case train
    case sample

    /// The methods that it answers.
    var methods: [HTTPMethod] { self == .devices ? [.GET, .HEAD] : [.POST] }
}

/// `/_platform/compute/...`: kernels and trainings in processes of their own.
extension PlatformRoutes {
    /// Whether `path` is one of these.
    static func isCompute(_ path: String) -> Bool {
        path == PlatformPath.compute || path.hasPrefix(PlatformPath.compute + "/")
    }

    /// Answers who may.
    func compute(_ journey: Journey) {
        guard mayCompute(journey) else { return }
        let rest = String(journey.path.dropFirst(PlatformPath.compute.utf8.count + 1))
        guard let action = ComputeAction(rawValue: rest.isEmpty ? "devices" : rest) else {
            return journey.refuse(.noRoute(journey.path, zone: PlatformPath.prefix))
        }
        guard action.methods.contains(journey.exchange.head.method) else {
            return refuseMethod(journey, allow: action.methods.map(\.rawValue).joined(separator: ", "))
        }
        guard action != .devices else { return computeDesk.devices(journey) }
        guard journey.exchange.announcesBody else {
            return ComputeReply.refuse(journey, RequestReading.refusal("A body is needed: a JSON object.").problem)
        }
        journey.exchange.receiveBody(limit: computeDesk.settings.bodyLimit) { result in
            switch result {
            case .success(let body): self.computeDesk.take(action, body, journey)
            case .failure(let problem) where problem.status == 413:
                let limit =
                    "The body has more than the \(self.computeDesk.settings.bodyLimit) bytes of `compute.body_limit`."
                journey.refuse(Problem(problem.code, status: 413, title: problem.title, detail: limit))
            case .failure(let problem):
                if problem.status == 499 { journey.errorCode = problem.code } else { journey.refuse(problem) }
            }
        }
    }

    private func mayCompute(_ journey: Journey) -> Bool {
        if journey.caller == .local { return true }
        switch computeDesk.settings.access {
        case .admin where journey.caller.isAdmin: return true
        case .api where journey.caller != .anonymous: return true
        case .admin: refuseForAdmins("Kernels are", journey)
        case .api:
            journey.refuse(
                Problem(
                    "key-required", status: 401, title: "A key is required",
                    detail: "Kernels are for callers with a key; add one with 'steward key add NAME'."),
                headers: [("WWW-Authenticate", "Bearer realm=\"steward\"")])
        case .off:
            journey.refuse(
                Problem(
                    "compute-off", status: 403, title: "Computing is off",
                    detail: "The settings say `compute: {access: off}`; `steward compute` on the machine itself works.")
            )
        }
        return false
    }
}

/// Answers about computations.
enum ComputeReply {
    /// A whole answer.
    static func reply(_ journey: Journey, status: Int = 200, json: some Sequence<UInt8>) {
        var bytes = ByteBuffer(bytes: json)
        bytes.writeInteger(UInt8(ascii: "\n"))
        journey.exchange.reply(
            status: status,
            headers: ByteBuffer(string: "Content-Type: application/json\r\nCache-Control: no-store\r\n"), body: bytes)
    }

    /// A problem with the compiler's diagnostics.
    static func refuse(_ journey: Journey, _ problem: ComputeProblem) {
        var problem = problem
        problem.traceID = "\(journey.exchange.trace)"
        journey.errorCode = problem.code
        let isTransient = ["compute-busy", "no-process", "server-stopping"].contains(problem.code)
        var bytes = ByteBuffer(bytes: encode(problem))
        bytes.writeInteger(UInt8(ascii: "\n"))
        journey.exchange.reply(
            status: problem.status, headers: ProblemDocument.headers(isTransient ? [("Retry-After", "5")] : []),
            body: bytes)
    }

    /// `value` in one line of JSON.
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array((try? encoder.encode(value)) ?? Data())
    }
}
