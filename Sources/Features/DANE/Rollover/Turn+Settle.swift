internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// No settling is shorter, in seconds: what may be cached is twice the longest TTL old at most, or a TTL and what senders
    /// round up.
    var floor: Double {
        let ttl = Double(max(state.longestTTL?.seconds ?? 0, facts.longestTTL, policy.ttl, facts.longestNegativeTTL))
        return max(2 * ttl, ttl + Self.rounding) + policy.margin
    }

    /// How much longer than its TTL a set may be used where caches count whole seconds: one in the resolver, and in Postfix a TTL
    /// of 0 counts as 1, one more is added, and the last one is used to its end (`dane_lookup` in its tls_dane.c).
    static let rounding = 4.0

    /// Until when records settle that are everywhere since `since`, and why that is shorter than wished for.
    func settling(since: Date) -> (until: Date, shortened: String?) {
        let wish = max(policy.settle, floor)
        if state.request != nil {
            return (since + floor, floor < wish ? "a command asked for it" : nil)
        }
        guard let expiry = facts.servedUntil, since + wish > expiry - reserve else { return (since + wish, nil) }
        let until = max(since + floor, min(since + wish, expiry - reserve))
        return (until, until < since + wish ? "the served certificate expires \(Wording.date(expiry))" : nil)
    }

    /// Phases publishing and settling.
    mutating func settle() {
        guard let candidate = state.candidate else { return enter(.steady) }
        if isHarmless(candidate) {
            tell(.settled, "Deploys \(candidate.label) at once: it changes nothing that senders see.")
            return begin(candidate)
        }
        guard let spread = state.spread, facts.silent.allSatisfy({ spread.servers.contains($0.label) }) || isLastCall
        else {
            return waitForServers(candidate)
        }
        let (until, shortened) = settling(since: spread.since)
        if case .settling = state.phase {} else { tellSettling(until, shortened) }
        enter(.settling(since: spread.since, until: until))
        guard now >= until else {
            let expiry = facts.servedUntil.map { " (\(Wording.before(expiry: $0, until)))" } ?? ""
            let short = shortened.map { "; shortened: \($0)" } ?? ""
            text = "deploys the renewed certificate in \(Wording.span(until.timeIntervalSince(now)))\(expiry)\(short)"
            return look(by: until)
        }
        if !isCandidateThere {
            text = "waits for the certificate \(candidate.label), which is gone"
        } else if obstacles.isEmpty || isLastCall {
            if !obstacles.isEmpty {
                tell(
                    .lastCall,
                    "Deploys \(candidate.label) although \(Wording.list(obstacles)): the served certificate expires \(facts.servedUntil.map(Wording.date) ?? "soon")."
                )
            }
            tell(.settled, "The records of \(candidate.label) have settled; it is being deployed.")
            begin(candidate)
        } else {
            text = "has settled and waits to deploy \(candidate.label): \(Wording.list(obstacles))"
            lookSoon()
        }
    }

    private mutating func tellSettling(_ until: Date, _ shortened: String?) {
        tell(
            .settling,
            "Every name server serves the records; the certificate may be deployed from \(Wording.date(until)) on.")
        if let shortened { tell(.shortened, "The settle time is shortened: \(shortened).") }
    }

    private mutating func waitForServers(_ candidate: Credential) {
        enter(.publishing)
        let behind = facts.behind(clockRecords ?? candidate.records)
        if !behind.isEmpty && action == nil && wanted.isEmpty {
            hold(
                .serverBehind,
                "\(Wording.list(behind.map(\.label))) does not serve the records of \(candidate.label): no key is deployed that a name server doesn't have. See that its zone is transferred."
            )
        }
        let names = behind.map(\.label) + facts.silent.map(\.label)
        if text.isEmpty {
            text =
                names.isEmpty
                ? "waits until the zone validates before \(candidate.label) settles"
                : "waits for \(Wording.list(names)) to serve the records of \(candidate.label)"
        }
        lookSoon()
    }

    /// What speaks against deploying now that gives way when the served certificate is about to expire.
    private var obstacles: [String] {
        var obstacles = facts.silent.map { "\($0.label) does not answer" }
        if !isTrusted { obstacles.append("the zone does not validate") }
        obstacles += facts.unseen.map { "\($0.label) can't be seen" }
        return obstacles
    }

    /// Whether deploying changes nothing that senders see: it is what every service serves already, or nobody has ever seen
    /// a TLSA record of theirs.
    func isHarmless(_ candidate: Credential) -> Bool {
        if seen.deployed != nil { return false }
        if facts.isServedEverywhere(candidate) { return true }
        return !facts.answering.isEmpty && facts.silent.isEmpty && state.longestTTL == nil && state.own.isEmpty
            && facts.owners.allSatisfy(facts.isAbsent)
    }

    private mutating func begin(_ candidate: Credential) {
        state.replaced = seen.deployed
        state.unseen = facts.unseen.map(\.label)
        enter(.deploying)
    }
}
