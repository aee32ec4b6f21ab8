internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Phase steady: whatever there is to begin.
    mutating func beSteady() {
        if state.candidate != nil { return enter(.publishing) }
        if putBack() || reloadIfNeeded() || removeOld() { return }
        if policy.mode == .next && stage() { return }
        if state.request != nil { answerRequest() }
        guard state.phase == .steady, text.isEmpty else { return }
        guard let current = state.current else {
            text = "waits for a certificate"
            return
        }
        let left = Wording.span(current.notAfter.timeIntervalSince(now))
        text =
            holds.isEmpty ? "nothing to do: \(current.label) is published and served, valid for \(left) more" : "waits"
        if let first = holds.first(where: \.isAlarm) ?? holds.first { text = "on hold: \(first.text)" }
    }

    /// Puts the deployed file back where it is gone.
    private mutating func putBack() -> Bool {
        guard seen.deployed == nil, let current = state.current,
            !seen.flaws.contains(where: { $0.code == "deployed-unreadable" }),
            ([seen.lineage, seen.issued].compactMap(\.self) + seen.archive).contains(where: {
                $0.certificate == current.certificate
            })
        else { return false }
        propose(.deploy(current), "put-back", doing: "puts the deployed file with \(current.label) back")
        return true
    }

    /// Reloads services that serve something else than the deployed file; whether it does.
    mutating func reloadIfNeeded() -> Bool {
        guard let deployed = seen.deployed else { return false }
        let stale = seen.endpoints.filter { $0.served.map { $0.certificate != deployed.certificate } ?? false }
        guard !stale.isEmpty else { return false }
        let names = Wording.list(stale.map(\.label))
        if let lineage = seen.lineage, stale.contains(where: { $0.served?.certificate == lineage.certificate }) {
            hold(
                .readsLive,
                "\(names) serves certbot's newest certificate \(lineage.label) and not the deployed file: it reads live/ itself. steward dane adopt shows the lines that mend it."
            )
        } else {
            hold(
                .servedDiffers,
                "\(names) does not serve the deployed file's certificate \(deployed.label): see that it reads the file and was reloaded."
            )
        }
        propose(
            .reload, "reload", doing: "reloads the services: \(names) does not serve the deployed \(deployed.label)",
            first: 60, most: 3600)
        return true
    }

    /// What was asked for by command.
    private mutating func answerRequest() {
        if policy.mode == .next, state.next != nil {
            guard let spread = state.nextSpread,
                facts.silent.allSatisfy({ spread.servers.contains($0.label) }) || isLastCall
            else {
                text = "asks for the certificate of the next key when every name server serves its record"
                return lookSoon()
            }
            let until = settling(since: spread.since).until
            if now >= until { return enter(.issuing) }
            text = "asks for the certificate of the next key in \(Wording.span(until.timeIntervalSince(now)))"
            return look(by: until)
        }
        guard policy.mode == .late else { return }
        if state.request == .compromised {
            hold(
                .renewalNeeded,
                "The deployed key is compromised and certbot has no certificate with another key: run certbot renew --force-renewal --new-key for the lineage."
            )
        } else {
            tell(.requestVoid, "There is no certificate to roll over to: renew first (certbot renew --force-renewal).")
            state.request = nil
        }
    }
}
