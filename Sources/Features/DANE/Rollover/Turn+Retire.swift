internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Phase draining: the old records stay for rolling back by hand and for what isn't seen.
    mutating func drain(since: Date) {
        guard let current = state.current else { return enter(.steady) }
        var wait = max(policy.settle, floor)
        if state.request == .compromised { wait = facts.unseen.isEmpty ? 0 : floor }
        var until = since + wait
        if now < until, isNextDue(after: until), facts.isServedEverywhere(current) {
            tell(
                .drainShortened,
                "The old records are taken away early: the next renewal must be served before \(facts.servedUntil.map(Wording.date) ?? "long")."
            )
            until = now
        }
        enter(.draining(since: since, until: until))
        if now >= until { return enter(.retiring) }
        if reloadIfNeeded() { return }
        text =
            "takes the old record\(state.previous.map { " of \($0.label)" } ?? "") away in \(Wording.span(until.timeIntervalSince(now)))"
        look(by: until)
    }

    /// Whether a newer certificate waits that could not settle in time after `moment`.
    private func isNextDue(after moment: Date) -> Bool {
        guard hasNewer, let expiry = facts.servedUntil else { return false }
        return expiry - reserve < moment + max(policy.settle, floor)
    }

    private var hasNewer: Bool {
        guard let newest, let current = state.current else { return false }
        return newest.certificate != current.certificate && isNewer(newest, than: current) && newest.notAfter > now
            && !state.rejected.contains(newest.certificate) && !state.compromised.contains(newest.spki)
    }

    /// Phase retiring.
    mutating func retire() {
        if removeOld() { return }
        let leftover = facts.answering.filter { server in
            facts.owners.contains { !removable($0, in: server.sets[$0]?.records ?? []).isEmpty }
        }
        if leftover.isEmpty && facts.primary != nil {
            tell(
                .finished,
                "The rollover to \(state.current?.label ?? "the new key") is finished; the old records are gone.")
            forgetGone()
        } else if !hasNewer {
            text = removalObstacle ?? "waits for \(Wording.list(leftover.map(\.label))) to take the old records away"
            if removalObstacle == nil {
                hold(
                    .serverBehind,
                    "\(Wording.list(leftover.map(\.label))) still serves old records: see that its zone is transferred."
                )
            }
            lookSoon()
            return
        }
        state.previous = nil
        state.request = nil
        enter(.steady)
    }

    /// Takes away what is Steward's and needed no more; whether it does.
    mutating func removeOld() -> Bool {
        guard removalObstacle == nil, wanted.isEmpty else { return false }
        let changes = facts.owners.compactMap { owner -> RRsetChange? in
            let present = facts.present(owner)
            let remove = removable(owner, in: present)
            let rest = present.filter { !remove.contains($0) }
            let keeps = ([state.current].compactMap(\.self) + facts.endpoints(owner).compactMap(\.served))
                .allSatisfy { !isKnown($0) || isUnwelcome($0) || Coverage.matches(rest, $0.records) }
            guard !remove.isEmpty, !rest.isEmpty, keeps else { return nil }
            return RRsetChange(
                zone: policy.zone, owner: owner, present: present, add: [], remove: remove, ttl: policy.ttl)
        }
        guard !changes.isEmpty else { return false }
        let words = changes.map {
            "\($0.remove.count) old TLSA record\($0.remove.count == 1 ? "" : "s") at \($0.owner)"
        }
        propose(.publish(changes), "retire", doing: "takes away \(words.joined(separator: ", "))")
        return true
    }

    private func isUnwelcome(_ credential: Credential) -> Bool {
        state.compromised.contains(credential.spki) && credential.spki != state.current?.spki
    }

    /// Why nothing may be taken away now.
    private var removalObstacle: String? {
        if facts.primary == nil { return "waits for the primary name server before old records are taken away" }
        if !isTrusted { return "takes nothing away while the zone does not validate" }
        let isUrgent = state.request == .compromised && now >= state.since + floor
        if !facts.unseen.isEmpty && !isUrgent {
            return "takes nothing away while \(Wording.list(facts.unseen.map(\.label))) can't be seen"
        }
        guard let current = state.current else { return "takes nothing away before the deployed certificate is known" }
        let lack = facts.behind(current.records)
        return lack.isEmpty
            ? nil : "takes nothing away while \(Wording.list(lack.map(\.label))) lacks the record of \(current.label)"
    }

    /// Of `present`, the records that are Steward's and that nothing needs: no deployed, served, waiting or staged key.
    private func removable(_ owner: DomainName, in present: [TLSA]) -> [TLSA] {
        let mine = state.own[owner.description] ?? []
        let served = seen.endpoints.compactMap(\.served).filter { !isUnwelcome($0) }
        let waiting = [state.candidate, state.replaced].compactMap(\.self)
        let coming = [seen.lineage, seen.issued].compactMap(\.self)
            .filter { !isUnwelcome($0) && isNewer($0, than: state.current) }
        let needed =
            Set(mustHave(owner) + (served + waiting + coming).flatMap(\.records) + (state.next?.records ?? []))
        return present.filter { mine.contains($0) && !needed.contains($0) }
    }
}
