internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Adds what must be published and isn't.
    mutating func publish() {
        guard facts.primary != nil else { return }
        let changes = facts.owners.compactMap { owner -> RRsetChange? in
            let present = facts.present(owner)
            let add = mustHave(owner).filter { !present.contains($0) }
            guard !add.isEmpty, !isAlias(owner), !facts.isAbsent(owner) || mayCreate(owner) else { return nil }
            return RRsetChange(zone: policy.zone, owner: owner, present: present, add: add, remove: [], ttl: policy.ttl)
        }
        guard !changes.isEmpty else { return }
        propose(
            .publish(changes), "publish",
            doing:
                "publishes \(changes.map { "\($0.add.count) TLSA record\($0.add.count == 1 ? "" : "s") at \($0.owner)" }.joined(separator: ", "))"
        )
        guard action != nil else { return }
        for change in changes {
            let mine = state.own[change.owner.description] ?? []
            state.own[change.owner.description] = mine + change.add.filter { !mine.contains($0) }
        }
        if isHeld(.servedUnpublished) {
            tell(.repaired, "The record of a served key is missing and is being published.")
        }
    }

    /// The records that must be at `owner`: those of what is or may be served there, and of what will be.
    func mustHave(_ owner: DomainName) -> [TLSA] {
        var records = [seen.deployed, state.current].compactMap(\.self).filter(isWelcome).flatMap(\.records)
        records += facts.endpoints(owner).compactMap(\.served).filter { isKnown($0) && isWelcome($0) }.flatMap(
            \.records)
        if state.phase == .deploying || state.phase == .rollingBack || isTrusted || isLastCall {
            records += (state.candidate?.records ?? []) + (state.next?.records ?? [])
        }
        var once: [TLSA] = []
        for record in records where !once.contains(record) { once.append(record) }
        return once
    }

    /// Whether a key's record may be published: it is not compromised, or it is the deployed one's and must stay until
    /// another is served.
    private func isWelcome(_ credential: Credential) -> Bool {
        !state.compromised.contains(credential.spki) || credential.spki == state.current?.spki
    }

    private func isAlias(_ owner: DomainName) -> Bool {
        seen.validation[owner].map { $0.canonicalName != $0.name } ?? false
    }

    /// Whether the first record may be published for a service: from then on senders want a match at each of its
    /// addresses, so that each must be seen and serve a known key.
    private func mayCreate(_ owner: DomainName) -> Bool {
        let endpoints = facts.endpoints(owner)
        return !endpoints.isEmpty && isTrusted && facts.silent.isEmpty
            && endpoints.allSatisfy { $0.served.map(isKnown) ?? false }
    }
}
