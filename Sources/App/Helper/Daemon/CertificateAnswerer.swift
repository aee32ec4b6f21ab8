package import Logging
internal import StewardAPI
package import StewardAccess
package import StewardCore

/// Answers the helper's verbs: looks are shared, changes are done one at a time between their two lines in the audit log.
package final class CertificateAnswerer: Sendable {
    private let acts: any CertificateActs
    private let audit: AuditLog
    private let logger: Logger
    private let changes = Turn()
    private let looks = LookCache()

    /// An answerer that carries out what `acts` can and writes to `audit`.
    package init(acts: any CertificateActs, audit: AuditLog, logger: Logger) {
        self.acts = acts
        self.audit = audit
        self.logger = logger
    }

    /// The JSON that answers `request`.
    package func answer(_ request: HelperRequest, _ peer: HelperPeer) async throws(Problem) -> [UInt8] {
        switch request.verb {
        case .survey: return try await survey(maxAge: request.maxAge ?? 0)
        case .signature: return HelperJSON.bytes(try await acts.signature())
        case .plan: return HelperJSON.bytes(try await acts.plan(names: request.names))
        case .quarantine: return HelperJSON.bytes(try await acts.quarantine())
        case .lock: return HelperJSON.bytes(try await acts.lock(wait: .seconds(request.wait ?? 0)))
        case .prune, .restore, .purge: return try await change(request, peer)
        case .daneStatus, .danePlan, .daneAdvance, .daneRollover: throw .noDANE
        }
    }

    private func survey(maxAge: Int) async throws(Problem) -> [UInt8] {
        let acts = self.acts
        return try await looks.json(maxAge: .seconds(maxAge)) { () async throws(Problem) -> [UInt8] in
            HelperJSON.bytes(try await acts.survey())
        }
    }

    private func change(_ request: HelperRequest, _ peer: HelperPeer) async throws(Problem) -> [UInt8] {
        do {
            return try await changes.take { [self] in
                let change = try await audit.record(
                    actor: "uid \(peer.user) for \(request.actor)", action: request.verb.rawValue,
                    subject: subject(request), detail: detail(request, peer)
                ) {
                    try await carryOut(request)
                }
                await looks.forget()
                logger.notice(
                    "\(request.verb.rawValue) for \(request.actor): \(change.lineages.map(\.name).joined(separator: " "))",
                    metadata: ["event": "\(request.verb.rawValue)", "trace_id": "\(request.trace ?? "-")"])
                return HelperJSON.bytes(change)
            }
        } catch let problem as Problem {
            // Some of it may have been done before it failed.
            await looks.forget()
            throw problem
        } catch {
            throw Problem(
                "audit", status: 500, title: "The act could not be written down",
                detail: "The audit log can't be written, so nothing is done: \(error)")
        }
    }

    private func carryOut(_ request: HelperRequest) async throws(Problem) -> CertificateChange {
        switch request.verb {
        case .prune: try await acts.prune(plan: request.plan ?? "", revoke: request.revoke ?? false)
        case .restore: try await acts.restore(name: request.name ?? "", tree: request.tree)
        default:
            try await acts.purge(
                olderThan: request.olderThan.map { .seconds($0) }, name: request.name, tree: request.tree)
        }
    }

    private func subject(_ request: HelperRequest) -> String {
        switch request.verb {
        case .prune: "a plan of \(request.plan?.utf8.count ?? 0) bytes"
        case .purge: request.name ?? "quarantine"
        default: request.name ?? ""
        }
    }

    private func detail(_ request: HelperRequest, _ peer: HelperPeer) -> String {
        var parts = ["pid \(peer.process)"]
        if let trace = request.trace { parts.append("trace \(trace)") }
        if request.revoke == true { parts.append("revoking through certbot") }
        if let tree = request.tree { parts.append("tree \(tree)") }
        if let age = request.olderThan { parts.append("older than \(age) s") }
        return parts.joined(separator: ", ")
    }
}

/// The last look, for those to whom it is new enough; who comes while one is under way waits for it.
actor LookCache {
    private var last: (at: ContinuousClock.Instant, json: [UInt8])?
    private var running: Task<Result<[UInt8], Problem>, Never>?
    /// Counts the changes: a look that began before one is no answer after it.
    private var generation = 0

    /// The look, made by `look` if the last one is older than `maxAge`.
    func json(
        maxAge: Duration, _ look: @escaping @Sendable () async throws(Problem) -> [UInt8]
    ) async throws(Problem) -> [UInt8] {
        if let last, last.at.duration(to: .now) < maxAge { return last.json }
        if let running { return try await running.value.get() }
        let (began, generation) = (ContinuousClock.now, generation)
        let task = Task.detached { () -> Result<[UInt8], Problem> in
            do throws(Problem) { return .success(try await look()) } catch { return .failure(error) }
        }
        running = task
        let result = await task.value
        if generation == self.generation {
            running = nil
            if case .success(let json) = result { last = (began, json) }
        }
        return try result.get()
    }

    /// Something changed: the next one looks again.
    func forget() {
        generation += 1
        last = nil
        running = nil
    }
}
