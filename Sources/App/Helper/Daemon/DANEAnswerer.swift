internal import Foundation
package import Logging
package import StewardAccess
package import StewardCore

/// Answers the helper's verbs about DANE; what changes something is done between its two lines in the audit log.
package final class DANEAnswerer: Sendable {
    private let acts: any DANEActs
    private let audit: AuditLog
    private let logger: Logger
    private let changes = Turn()

    /// An answerer that carries out what `acts` can and writes to `audit`.
    package init(acts: any DANEActs, audit: AuditLog, logger: Logger) {
        self.acts = acts
        self.audit = audit
        self.logger = logger
    }

    /// The JSON that answers `request`.
    package func answer(_ request: HelperRequest, _ peer: HelperPeer) async throws(Problem) -> [UInt8] {
        switch request.verb {
        case .daneStatus: HelperJSON.bytes(try await acts.status(maxAge: .seconds(request.maxAge ?? 0)))
        case .danePlan: HelperJSON.bytes(try await acts.plan())
        default: try await change(request, peer)
        }
    }

    private func change(_ request: HelperRequest, _ peer: HelperPeer) async throws(Problem) -> [UInt8] {
        let trace = request.trace.map { ", trace \($0)" } ?? ""
        let kind = request.request.map { ", \($0)" } ?? ""
        do {
            return try await changes.take { [self] in
                let json = try await audit.record(
                    actor: "uid \(peer.user) for \(request.actor)", action: request.verb.rawValue,
                    subject: request.name ?? "every deployment", detail: "pid \(peer.process)\(kind)\(trace)"
                ) {
                    try await carryOut(request)
                }
                logger.notice(
                    "\(request.verb.rawValue) for \(request.actor): \(request.name ?? "every deployment")\(kind)",
                    metadata: ["event": "\(request.verb.rawValue)", "trace_id": "\(request.trace ?? "-")"])
                return json
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(
                "audit", status: 500, title: "The act could not be written down",
                detail: "The audit log can't be written, so nothing is done: \(error)")
        }
    }

    private func carryOut(_ request: HelperRequest) async throws(Problem) -> [UInt8] {
        guard request.verb == .daneRollover else {
            return HelperJSON.bytes(try await acts.advance(name: request.name))
        }
        return HelperJSON.bytes(
            try await acts.rollover(name: request.name ?? "", compromised: request.request == "compromised"))
    }
}
