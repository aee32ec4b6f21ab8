internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Decides which certificate is to be deployed next.
    mutating func chooseCandidate() {
        switch state.phase {
        case .deploying, .rollingBack, .draining, .retiring: return
        case .steady, .publishing, .settling, .issuing: break
        }
        if let candidate = state.candidate {
            keepOrReplace(candidate)
        } else if let newest, isAcceptable(newest) {
            take(newest)
        }
    }

    /// What is newest: the certificate for the staged key, or certbot's.
    var newest: Credential? {
        guard let issued = seen.issued, issued.certificate != state.current?.certificate else { return seen.lineage }
        return issued.spki == state.next?.spki || isNewer(issued, than: seen.lineage) ? issued : seen.lineage
    }

    /// Whether one was issued after the other.
    func isNewer(_ one: Credential, than other: Credential?) -> Bool {
        other.map { (one.notBefore, one.notAfter) > ($0.notBefore, $0.notAfter) } ?? true
    }

    /// Whether a certificate may be deployed when its records are there. Says why not where somebody must know.
    private mutating func isAcceptable(_ credential: Credential) -> Bool {
        if credential.certificate == state.current?.certificate { return false }
        if credential.notAfter <= now {
            hold(
                .lineageExpired,
                "The lineage's certificate \(credential.label) expired \(Wording.date(credential.notAfter)): run certbot renew."
            )
            return false
        }
        if state.compromised.contains(credential.spki) {
            hold(
                .keyCompromised,
                "The renewed certificate has the compromised key \(credential.label): renew with a new key (certbot renew --force-renewal --new-key)."
            )
            return false
        }
        if seen.revoked.contains(credential.certificate) { return false }
        if state.rejected.contains(credential.certificate) {
            guard state.request != nil else {
                hold(
                    .candidateRejected,
                    "The certificate \(credential.label) was rolled back because the services did not serve it. Find out why, then: steward dane rollover --now."
                )
                return false
            }
            state.rejected.removeAll { $0 == credential.certificate }
        }
        if let current = state.current, isNewer(current, than: credential), current.notAfter > now {
            if credential.certificate == seen.lineage?.certificate && state.next == nil {
                hold(
                    .lineageOlder,
                    "The lineage's certificate \(credential.label) is older than the deployed \(current.label); it is left alone."
                )
            }
            return false
        }
        return true
    }

    private mutating func take(_ credential: Credential) {
        state.candidate = credential
        state.spread = nil
        let before = state.current.map { " after \($0.label)" } ?? ""
        tell(
            .began,
            "Found the certificate \(credential.label)\(before), valid until \(Wording.date(credential.notAfter)).")
        if Self.shared(credential, state.current?.records) != nil {
            state.spread = state.currentSpread
        } else if Self.shared(credential, state.next?.records) != nil {
            state.spread = state.nextSpread
        } else if policy.mode == .next, let current = state.current, current.spki != credential.spki {
            tell(
                .keyChanged,
                "The renewal changed the key although it was to keep it (--reuse-key); it is rolled over as in mode late."
            )
        }
        enter(.publishing)
    }

    /// The waiting certificate is kept until it is served, so that frequent renewals can't keep every one of them waiting;
    /// unless it can't be deployed any more.
    private mutating func keepOrReplace(_ candidate: Credential) {
        if candidate.certificate == state.current?.certificate { return drop() }
        let sources = [seen.lineage, seen.issued].compactMap(\.self)
        let isFresh = sources.contains { $0.certificate == candidate.certificate }
        let isThere = isFresh || seen.archive.contains { $0.certificate == candidate.certificate }
        let isBad =
            candidate.notAfter <= now || seen.revoked.contains(candidate.certificate)
            || state.compromised.contains(candidate.spki) || state.rejected.contains(candidate.certificate)
        if let newest, newest.certificate != candidate.certificate, isNewer(newest, than: candidate) {
            if newest.records == candidate.records && !seen.revoked.contains(newest.certificate) {
                tell(
                    .candidateRenewed,
                    "The waiting certificate was renewed with the same key \(newest.label) and takes its place; nothing begins anew."
                )
                state.candidate = newest
                return
            }
            if isBad || !isThere || expiresSooner(candidate) {
                let why =
                    isBad
                    ? "is expired, revoked or compromised" : isThere ? "expires before the deployed one" : "is gone"
                tell(
                    .candidateReplaced,
                    "The waiting certificate \(candidate.label) \(why): the newer \(newest.label) takes its place, and its wait begins anew."
                )
                drop()
                if isAcceptable(newest) { take(newest) }
            }
            return
        }
        if isBad { return drop() }
        if !isThere {
            hold(
                .candidateMissing,
                "The waiting certificate \(candidate.label) is in no place that can be read: look at the lineage (steward certs)."
            )
        }
    }

    private func expiresSooner(_ candidate: Credential) -> Bool {
        state.current.map { candidate.notAfter < $0.notAfter } ?? false
    }

    private mutating func drop() {
        state.candidate = nil
        state.spread = nil
        enter(.steady)
    }

    /// Whether the candidate's key and certificate are there to be deployed.
    var isCandidateThere: Bool {
        guard let candidate = state.candidate else { return false }
        return ([seen.lineage, seen.issued].compactMap(\.self) + seen.archive)
            .contains { $0.certificate == candidate.certificate }
    }
}
