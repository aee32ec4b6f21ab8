internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Brings the state up to what was seen.
    mutating func takeStock() {
        rememberTTL()
        refreshRecords()
        noticeDeployed()
        noticeRequest()
        noticeNext()
        state.currentSpread = spread(
            state.current?.records, from: state.currentSpread, of: "the deployed key's records")
        state.nextSpread = spread(state.next?.records, from: state.nextSpread, of: "the next key's records")
        chooseCandidate()
        state.spread = spread(clockRecords, from: state.spread, of: "the records")
    }

    /// All certificates whose keys this machine holds.
    var known: [Credential] {
        [
            seen.deployed, state.current, state.candidate, state.previous, state.replaced, seen.lineage, seen.issued,
        ].compactMap(\.self) + seen.archive
    }

    /// Whether the key is one of this machine's.
    func isKnown(_ credential: Credential) -> Bool { known.contains { $0.spki == credential.spki } }

    private mutating func rememberTTL() {
        let longest = max(facts.longestTTL, state.longestTTL == nil ? facts.longestTTL : 0)
        let mayBeCached = state.longestTTL.flatMap { now < $0.last + 2.5 * Double($0.seconds) ? $0.seconds : nil } ?? 0
        guard longest > 0, longest >= mayBeCached else {
            if mayBeCached == 0 { state.longestTTL = nil }
            return
        }
        let refresh = state.longestTTL.map { now > $0.last + max(60, Double($0.seconds) / 4) } ?? true
        if longest != mayBeCached || refresh { state.longestTTL = .init(seconds: longest, last: now) }
    }

    /// The same certificates in the forms that the policy has now.
    private mutating func refreshRecords() {
        let fresh =
            [seen.deployed, seen.lineage, seen.issued].compactMap(\.self) + seen.archive
            + seen.endpoints.compactMap(\.served)
        func refreshed(_ old: Credential?) -> Credential? {
            fresh.first { $0.certificate == old?.certificate } ?? old
        }
        state.current = refreshed(state.current)
        state.candidate = refreshed(state.candidate)
        state.previous = refreshed(state.previous)
        state.replaced = refreshed(state.replaced)
    }

    private mutating func noticeDeployed() {
        guard let deployed = seen.deployed else { return }
        guard let current = state.current else {
            if state.phase != .deploying {
                tell(
                    .adopted,
                    "The deployed file holds \(deployed.label), valid until \(Wording.date(deployed.notAfter)).")
                state.current = deployed
            }
            return
        }
        if deployed.certificate == current.certificate { return }
        if deployed.certificate == state.candidate?.certificate {
            if state.phase == .deploying || state.phase == .rollingBack { return }
            tell(
                .fileChanged,
                "Somebody else put the renewed certificate \(deployed.label) in the deployed file's place before its time."
            )
            state.replaced = current
            return enter(.deploying)
        }
        if state.phase == .rollingBack && deployed.certificate == state.replaced?.certificate { return }
        tell(
            .fileChanged,
            "Somebody else changed the deployed file: it holds \(deployed.label) instead of \(current.label).")
        disown(current)
        state.previous = nil
        state.candidate = nil
        state.current = deployed
        enter(.steady)
    }

    /// The records of a certificate that was deployed are Steward's to take away.
    mutating func disown(_ credential: Credential) {
        for owner in facts.owners {
            let mine = state.own[owner.description] ?? []
            state.own[owner.description] = mine + credential.records.filter { !mine.contains($0) }
        }
    }

    /// A compromised key is the one that was served when the command came: while old records are being taken away, theirs.
    private mutating func noticeRequest() {
        guard state.request == .compromised, state.phase != .deploying, state.phase != .rollingBack,
            let key = hasRolled ? state.previous?.spki : state.current?.spki, !state.compromised.contains(key)
        else { return }
        state.compromised.append(key)
    }

    /// Whether what was asked for is deployed and its old records are being taken away.
    var hasRolled: Bool {
        switch state.phase {
        case .draining, .retiring: true
        default: false
        }
    }

    /// Records that are gone everywhere are nobody's.
    mutating func forgetGone() {
        for owner in facts.owners {
            let there = Set(
                (facts.answering + [facts.primary].compactMap(\.self)).flatMap { $0.sets[owner]?.records ?? [] })
            let mine = (state.own[owner.description] ?? []).filter(there.contains)
            state.own[owner.description] = mine.isEmpty ? nil : mine
        }
    }

    /// What the clock of the candidate is about: all of its records, or, where it shares some with the deployed certificate
    /// or its key was published ahead, those: whoever knows them accepts it.
    var clockRecords: [TLSA]? {
        state.candidate.map {
            Self.shared($0, state.current?.records) ?? Self.shared($0, state.next?.records) ?? $0.records
        }
    }

    /// The records of `other` by which senders accept `candidate` too: of usage 3, or all.
    static func shared(_ candidate: Credential, _ other: [TLSA]?) -> [TLSA]? {
        guard let other else { return nil }
        if Set(candidate.records) == Set(other) { return other }
        let shared = candidate.records.filter { $0.usage == 3 && other.contains($0) }
        return shared.isEmpty ? nil : shared
    }

    /// Since when every server that answers serves `records`: nil where one doesn't; anew where one came or came back that
    /// wasn't seen to.
    private mutating func spread(
        _ records: [TLSA]?, from before: RolloverState.Spread?, of what: String
    ) -> RolloverState.Spread? {
        guard let records, !records.isEmpty else { return nil }
        guard !facts.answering.isEmpty else { return before }
        guard facts.behind(records).isEmpty else {
            if before != nil {
                tell(.restarted, "Some name server no longer serves \(what): the settle time begins anew.")
            }
            return nil
        }
        let names = facts.answering.map(\.label)
        guard let before else {
            return isTrusted || isLastCall ? .init(since: now, servers: names.sorted()) : nil
        }
        let added = names.filter { !before.servers.contains($0) }
        if added.isEmpty { return before }
        tell(
            .restarted,
            "\(Wording.list(added)) came to the name servers that serve \(what): the settle time begins anew.")
        let all = Set(facts.publicServers.map(\.label))
        return .init(since: now, servers: (before.servers.filter(all.contains) + added).sorted())
    }

    /// Whether the zone is signed all the way and every server's signatures hold.
    var isTrusted: Bool {
        facts.unsigned.isEmpty
            && facts.owners.allSatisfy {
                seen.validation[$0].map { $0.security == .secure && $0.canonicalName == $0.name } ?? false
            }
    }

    /// Whether the served certificate expires so soon that the wait must not last any longer.
    var isLastCall: Bool { facts.servedUntil.map { now >= $0 - min(reserve, 86_400) } ?? false }

    /// How long before its expiry the served certificate is to be replaced: the policy's, and for short-lived certificates
    /// a quarter of their life at most, in seconds.
    var reserve: Double { min(policy.reserve, (facts.lifetime ?? .infinity) / 4) }
}
