internal import StewardCertificates
internal import StewardDNS

/// A host's addresses and TLSA records (RFC 7672, sections 2.1 and 2.2; RFC 7671, section 7).
extension Checker {
    /// A host with what was looked up.
    struct Found: Sendable {
        var service: CheckedService
        var addresses: [String] = []
        /// The zone that holds the TLSA records, where their look-up told it.
        var zone: DomainName?
        var findings: [CheckFinding] = []
    }

    func lookUp(_ service: Service, preference: UInt16?) async -> Found {
        let host = service.host
        async let fours = resolver.resolve(host, .a)
        async let sixes = resolver.resolve(host, .aaaa)
        // Asked at once, as most hosts are no alias and have signed addresses; left aside where they haven't.
        async let early = records(service, at: host)
        let answers = await [fours, sixes]
        let own = await early
        var found = Found(
            service: CheckedService(
                service: service, preference: preference, base: host, addressSecurity: .insecure, recordSecurity: nil,
                records: [], ttl: 0, policy: .opportunistic))
        addresses(answers, host, &found)
        guard found.service.policy != .unavailable else { return found }
        let canonical = answers.first { !$0.records.isEmpty }?.canonicalName ?? host
        if canonical != host {
            found.findings.append(
                CheckFinding(
                    .aliased, host.host,
                    "\(host.host) is an alias of \(canonical.host): TLSA records are looked for there first, then at \(host.host). An MX record should name the host itself."
                ))
        }
        await decide(service, canonical, own, &found)
        return found
    }

    private func records(_ service: Service, at base: DomainName) async -> Resolution? {
        guard let owner = base.prefixed("_\(service.port)._\(service.transport)") else { return nil }
        return await resolver.resolve(owner, .tlsa)
    }

    /// Takes the addresses over, or says why there are none.
    private func addresses(_ answers: [Resolution], _ host: DomainName, _ found: inout Found) {
        for answer in answers {
            found.addresses += answer.records.compactMap(\.data.address)
        }
        let hasSome = !found.addresses.isEmpty
        for answer in answers {
            let (kind, text): (CheckFindingKind, String)
            switch answer.security {
            case .bogus(let why): (kind, text) = (.addressBogus, "are signed wrongly: \(why)")
            case .failed(let why): (kind, text) = (.addressFailed, "could not be looked up: \(why)")
            case .secure, .insecure: continue
            }
            found.service.addressSecurity = answer.security
            found.findings.append(
                CheckFinding(
                    kind, host.host,
                    "The \(answer.type) records of \(host.host) \(text). Mend its zone's name servers and signatures.",
                    effect: hasSome ? SenderEffect.none : .nextMX))
        }
        let believed = answers.filter { !$0.records.isEmpty }
        if hasSome {
            let isSecure = believed.allSatisfy { $0.security == .secure }
            found.service.addressSecurity = isSecure ? .secure : .insecure
            return
        }
        found.service.policy = .unavailable
        guard found.findings.isEmpty else { return }
        found.service.addressSecurity = answers[0].security
        found.findings.append(
            CheckFinding(
                .addressMissing, host.host,
                "\(host.host) has no address: senders pass it over. Publish an A or AAAA record, or take it out of the MX records."
            ))
    }

    /// Which names may hold the TLSA records, and what they hold. Where the addresses are not signed only an alias that is
    /// signed itself may (RFC 7672, section 2.2.3).
    private func decide(
        _ service: Service, _ canonical: DomainName, _ own: Resolution?, _ found: inout Found
    ) async {
        let host = service.host
        var bases = canonical == host ? [host] : [canonical, host]
        if found.service.addressSecurity != .secure {
            let isSignedAlias =
                canonical != host ? await resolver.resolve(host, .cname).security == .secure : false
            found.findings.append(
                CheckFinding(
                    .addressInsecure, host.host,
                    "The addresses of \(host.host) are not signed with DNSSEC: senders don't look for TLSA records\(isSignedAlias ? " at \(canonical.host)" : ""). Sign its zone and give the DS record to the registrar."
                ))
            bases = isSignedAlias ? [host] : []
            if bases.isEmpty, let own, !own.records.isEmpty { insecure(own, &found) }
        }
        for (index, base) in bases.enumerated() {
            guard let answer = base == host ? own : await records(service, at: base) else { continue }
            if take(answer, base, &found) { return }
            if index == 0 { found.service.base = base }
        }
        if found.service.recordSecurity == nil || found.service.records.isEmpty { missing(host, bases, &found) }
    }

    /// Takes an answer over; true if it decides.
    private func take(_ answer: Resolution, _ base: DomainName, _ found: inout Found) -> Bool {
        found.service.recordSecurity = answer.security
        switch answer.security {
        case .secure:
            let records = answer.records.compactMap { if case .tlsa(let record) = $0.data { record } else { nil } }
            guard !answer.records.isEmpty else { return false }
            found.service.base = base
            found.service.records = RecordJudge.judge(records, isSMTP: found.service.service.isMailTransport)
            found.service.ttl = answer.ttl
            found.service.recordPlace = answer.canonicalName
            found.zone = answer.zone
            found.service.policy = found.service.records.contains { $0.standing == .usable } ? .dane : .encrypt
            return true
        case .insecure:
            if !answer.records.isEmpty { insecure(answer, &found) }
            return false
        case .bogus(let why), .failed(let why):
            let isBogus = answer.security == .bogus(why)
            found.service.base = base
            found.service.policy = .unavailable
            found.findings.append(
                CheckFinding(
                    isBogus ? .tlsaBogus : .tlsaFailed, "\(answer.name)",
                    "The TLSA records at \(answer.name) \(isBogus ? "are signed wrongly" : "could not be looked up"): \(why). Senders must not go on without them. Mend the zone's \(isBogus ? "signatures" : "name servers")."
                ))
            return true
        }
    }

    private func insecure(_ answer: Resolution, _ found: inout Found) {
        found.findings.append(
            CheckFinding(
                .tlsaInsecure, "\(answer.name)",
                "There are TLSA records at \(answer.name), and they are not signed with DNSSEC or the host's addresses aren't: no sender looks at them. Sign the zone and give its DS record to the registrar."
            ))
    }

    private func missing(_ host: DomainName, _ bases: [DomainName], _ found: inout Found) {
        guard !bases.isEmpty, !found.findings.contains(where: { $0.kind == .tlsaInsecure }) else { return }
        let port = found.service.service.port
        let places = bases.map { "_\(port)._\(found.service.service.transport).\($0.host)" }
        found.findings.append(
            CheckFinding(
                .tlsaMissing, host.host,
                "There is no TLSA record at \(places.joined(separator: " nor at ")): senders encrypt if they can and don't know with whom. Make one with steward dane record."
            ))
    }
}
