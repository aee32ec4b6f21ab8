internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Phase deploying: the file, then every service.
    mutating func deploy() {
        guard let candidate = state.candidate else { return enter(.steady) }
        guard seen.deployed?.certificate == candidate.certificate else {
            guard isReady(candidate) else { return enter(.publishing) }
            return propose(.deploy(candidate), "deploy", doing: "deploys \(candidate.label)")
        }
        if facts.isServedEverywhere(candidate, excused: state.unseen) { return succeed(candidate) }
        let since = state.verifyingSince ?? now
        state.verifyingSince = since
        text = "waits for \(lacking(candidate)) to serve \(candidate.label)"
        lookSoon()
        if now.timeIntervalSince(since) >= policy.verification && canFail(candidate) { return fail(candidate) }
        if facts.seen.endpoints.contains(where: { $0.served.map { $0.certificate != candidate.certificate } ?? false })
        {
            propose(
                .reload, "reload",
                doing: "reloads the services: \(lacking(candidate)) does not serve \(candidate.label) yet", first: 20)
        }
    }

    /// Whether it may still be deployed: what held when it was decided holds now.
    private func isReady(_ candidate: Credential) -> Bool {
        guard isCandidateThere else { return false }
        if isHarmless(candidate) { return true }
        return state.spread.map { now >= settling(since: $0.since).until } ?? false
    }

    private func lacking(_ credential: Credential) -> String {
        Wording.list(seen.endpoints.filter { $0.served?.certificate != credential.certificate }.map(\.label))
    }

    /// Whether something that could be seen before is not as it should be.
    private func canFail(_ candidate: Credential) -> Bool {
        seen.endpoints.contains { endpoint in
            endpoint.served.map { $0.certificate != candidate.certificate } ?? !state.unseen.contains(endpoint.label)
        }
    }

    private mutating func succeed(_ candidate: Credential) {
        tell(.deployed, "Every service serves \(candidate.label), valid until \(Wording.date(candidate.notAfter)).")
        let old = state.current ?? state.replaced
        state.current = candidate
        state.currentSpread = state.spread ?? state.currentSpread
        state.candidate = nil
        state.spread = nil
        state.replaced = nil
        state.unseen = []
        if state.next?.spki == candidate.spki {
            state.next = nil
            state.nextSpread = nil
        }
        guard let old, old.certificate != candidate.certificate else { return enter(.steady) }
        disown(old)
        if old.spki == candidate.spki {
            if policy.mode == .late { state.request = nil }
            return enter(.steady)
        }
        state.previous = old
        enter(.draining(since: now, until: now))
    }

    private mutating func fail(_ candidate: Credential) {
        guard let replaced = state.replaced else {
            hold(
                .servedDiffers,
                "\(lacking(candidate)) does not serve the deployed file, and there is none from before to put back: look at the service's log and that it reads the file."
            )
            return propose(.reload, "reload", doing: "reloads the services", first: 20)
        }
        // Where nothing answers at all, mail waits anyway, and the shorter wait is the better one.
        let isDown = facts.unseen.count == seen.endpoints.count
        let wait = isDown ? floor : max(policy.settle, floor)
        guard let spread = state.currentSpread, now >= spread.since + wait, !facts.answering.isEmpty else {
            hold(
                .rollbackUnsafe,
                "\(lacking(candidate)) does not serve \(candidate.label), and the record of \(replaced.label) was not everywhere all the time: rolling back waits until it has settled. Look at the service's log."
            )
            return propose(.reload, "reload", doing: "reloads the services", first: 20)
        }
        if !state.rejected.contains(candidate.certificate) {
            state.rejected = state.rejected.suffix(19) + [candidate.certificate]
        }
        tell(
            .rolledBack,
            "\(lacking(candidate)) did not serve \(candidate.label) within \(Wording.span(policy.verification)): \(replaced.label) is being put back, and \(candidate.label) is not tried again by itself."
        )
        enter(.rollingBack)
    }

    /// Phase rollingBack: the old file, then every service.
    mutating func rollBack() {
        guard let replaced = state.replaced else { return enter(.steady) }
        guard seen.deployed?.certificate == replaced.certificate else {
            return propose(.rollBack(to: replaced), "roll-back", doing: "puts \(replaced.label) back")
        }
        let isBack = facts.isServedEverywhere(replaced, excused: isLastCall ? facts.unseen.map(\.label) : state.unseen)
        if isBack {
            tell(.rolledBackDone, "Every service serves \(replaced.label) again.")
            state.candidate = nil
            state.spread = nil
            state.replaced = nil
            state.unseen = []
            return enter(.steady)
        }
        let since = state.verifyingSince ?? now
        state.verifyingSince = since
        if now.timeIntervalSince(since) >= policy.verification {
            hold(
                .rollbackUnverified,
                "\(lacking(replaced)) does not serve \(replaced.label) again: look at the service's log.")
        }
        propose(
            .reload, "reload", doing: "reloads the services: \(lacking(replaced)) does not serve \(replaced.label) yet",
            first: 20)
    }
}
