internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Looks for everything that is wrong, whatever the phase.
    mutating func judge() {
        judgeServers()
        judgeValidation()
        judgeServed()
        judgeCertificates()
    }

    private mutating func judgeServers() {
        if facts.answering.isEmpty {
            hold(.noServers, "No name server of \(policy.zone) answers.")
        }
        if facts.primary == nil, let primary = seen.servers.first(where: \.isPrimary) {
            hold(.primarySilent, "The primary \(primary.label) does not answer: \(primary.failure ?? "no reason").")
        }
        for server in facts.silent {
            hold(
                .serverSilent,
                "\(server.label) does not answer: \(server.failure ?? "no reason"). It must serve the records before they are relied on; if it is gone for good, take it out of the NS records."
            )
        }
        let shared = facts.owners.filter { owner in
            guard let candidate = state.candidate else { return false }
            return facts.answering.contains { server in
                let set = server.sets[owner]?.records ?? []
                return candidate.records.allSatisfy(set.contains) && !Coverage.matches(set, candidate.records)
            }
        }
        for owner in shared {
            hold(
                .strongerDigest,
                "\(owner) has a record with SHA-512 that isn't Steward's and hides those with SHA-256: remove it, or add its form to the deployment's records."
            )
        }
    }

    private mutating func judgeValidation() {
        for owner in facts.owners {
            guard let resolution = seen.validation[owner] else {
                hold(.validationFailed, "\(owner) could not be looked up.")
                continue
            }
            switch resolution.security {
            case .secure: break
            case .insecure:
                hold(
                    .zoneInsecure,
                    "\(owner) is provably not signed: senders don't use its TLSA records. Sign the zone, and have the DS record published by its parent."
                )
            case .bogus(let why):
                hold(.zoneBogus, "\(owner) does not validate: \(why). Senders defer mail until that is mended.")
            case .failed(let why): hold(.validationFailed, "\(owner) could not be looked up: \(why).")
            }
            if resolution.canonicalName != resolution.name {
                hold(
                    .ownerIsAlias,
                    "\(owner) is an alias of \(resolution.canonicalName): Steward changes no other name's records. Put TLSA records there themselves, or manage the other name."
                )
            }
        }
        for server in facts.unsigned {
            hold(.signaturesMissing, "\(server.label) serves TLSA records without a signature that holds now.")
        }
        if facts.unsigned.isEmpty, let until = facts.signedUntil, until < now + policy.signatureReserve {
            hold(
                .signaturesExpiring,
                "The records' signatures hold for \(Wording.span(until.timeIntervalSince(now))) more: see that the zone is signed again."
            )
        }
    }

    private mutating func judgeServed() {
        for endpoint in seen.endpoints {
            guard let served = endpoint.served else {
                hold(.serviceUnreachable, "\(endpoint.label) can't be seen: \(endpoint.failure ?? "no reason").")
                continue
            }
            if !isKnown(served) {
                hold(
                    .unknownKeyServed,
                    "\(endpoint.label) serves \(served.label), which is no key of this machine: no record is published for it."
                )
            } else if state.compromised.contains(served.spki), served.spki != state.current?.spki {
                hold(.compromisedKeyServed, "\(endpoint.label) serves the compromised key \(served.label): reload it.")
            }
            guard let owner = endpoint.service.owner else { continue }
            let lacking = facts.answering.filter { server in
                server.sets[owner].map { !$0.records.isEmpty && !Coverage.matches($0.records, served.records) } ?? false
            }
            if !lacking.isEmpty {
                hold(
                    .servedUnpublished,
                    "\(endpoint.label) serves \(served.label) and \(Wording.list(lacking.map(\.label))) has no record for it: senders that ask there defer."
                )
            }
        }
    }

    private mutating func judgeCertificates() {
        guard let lineage = seen.lineage else {
            hold(.lineageUnreadable, "The lineage can't be read. " + seen.flaws.map(\.text).joined(separator: " "))
            return
        }
        if seen.deployed == nil, let current = state.current, state.phase != .deploying, state.phase != .rollingBack {
            hold(.deployedMissing, "The deployed file with \(current.label) is gone or can't be read.")
        }
        if let until = facts.servedUntil, until < now + reserve, state.candidate == nil, !hasRolled,
            lineage.notAfter <= until
        {
            hold(
                .certificateExpiring,
                "The served certificate expires \(Wording.date(until)) and certbot has no newer one: run certbot renew."
            )
        }
    }
}
