internal import StewardCertificates
internal import StewardDNS
internal import StewardProbe

/// What an address presents and what a sender makes of it (RFC 7672, sections 2.2 and 3).
extension Checker {
    /// An address with what was found about it.
    struct Probed: Sendable {
        var endpoint: CheckedEndpoint
        var findings: [CheckFinding] = []
    }

    /// What was presented for one way of asking.
    private struct Sight: Sendable {
        var name: String?
        var result: Result<Presentation, ProbeFailure>
    }

    func probe(
        _ service: Service, at address: String, base: DomainName, policy: CheckedService.Policy,
        records: [JudgedRecord],
        names: [DomainName]
    ) async -> Probed {
        let sights = await sights(service, at: address, base: base, isStrict: policy == .dane)
        var probed = Probed(endpoint: CheckedEndpoint(address: address, state: .failed))
        let named = sights.filter { $0.name != nil }
        let good = named.compactMap { try? $0.result.get() }
        let place = Self.place(address, service.port)
        guard !good.isEmpty else {
            if let failure = named.compactMap(Self.failure).first { fail(failure, service, policy, &probed) }
            return probed
        }
        var isMatched = true
        for presentation in good {
            let served = served(presentation, base.host, records, names)
            guard !probed.endpoint.served.contains(where: { $0.chain == served.chain }) else { continue }
            probed.endpoint.served.append(served)
            probed.endpoint.seconds = max(probed.endpoint.seconds, Self.seconds(presentation.timing))
            probed.findings += judge(served, service, place, policy)
            if !served.match.isMatch { isMatched = false }
        }
        guard policy == .dane else {
            probed.endpoint.state = .unauthenticated
            return probed
        }
        probed.endpoint.state = isMatched ? .authenticated : .failed
        if !isMatched { probed.endpoint.reason = probed.findings.first { $0.effect == .nextMX }?.text }
        if isMatched { withoutName(sights, service, place, records, names, &probed) }
        return probed
    }

    /// Every key with SNI, and what comes without; where nothing is compared, one look.
    private func sights(
        _ service: Service, at address: String, base: DomainName, isStrict: Bool
    ) async -> [Sight] {
        var asked: [(name: String?, offer: TLSOffer)] = [(base.host, .any)]
        if isStrict {
            asked = [(base.host, .ecdsa), (base.host, .rsa)]
            if service.dialect.choosesByName { asked.append((nil, .any)) }
        }
        let found = await inOrder(asked) { name, offer in
            let target = ProbeTarget(
                address, port: service.port, dialect: service.dialect, name: name, clientName: options.clientName)
            return await self.sight(target, offer)
        }
        // A server whose key is of neither kind.
        let named = found.filter { $0.name != nil }
        guard isStrict, named.allSatisfy({ Self.failure($0)?.reason == .tls }) else { return found }
        let target = ProbeTarget(
            address, port: service.port, dialect: service.dialect, name: base.host, clientName: options.clientName)
        return found.filter { $0.name == nil } + [await sight(target, .any)]
    }

    private func sight(_ target: ProbeTarget, _ offer: TLSOffer) async -> Sight {
        do throws(ProbeFailure) {
            let presentation = try await prober.probe(target, offer: offer)
            return Sight(name: target.name, result: .success(presentation))
        } catch {
            return Sight(name: target.name, result: .failure(error))
        }
    }

    private static func failure(_ sight: Sight) -> ProbeFailure? {
        if case .failure(let failure) = sight.result { failure } else { nil }
    }

    private static func seconds(_ timing: ProbeTiming) -> Double {
        timing.connect + timing.dialogue + timing.handshake
    }

    static func place(_ address: String, _ port: Int) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    private func served(
        _ presentation: Presentation, _ name: String?, _ records: [JudgedRecord], _ names: [DomainName]
    ) -> CheckedEndpoint.Served {
        CheckedEndpoint.Served(
            name: name, certificate: presentation.chain.first.flatMap { CertificateReader.read(der: $0)?.facts },
            chain: presentation.chain,
            match: ChainMatch.match(presentation.chain, judged: records, names: names, at: now()),
            version: presentation.version, cipher: presentation.cipher)
    }

    // MARK: - Findings

    private func judge(
        _ served: CheckedEndpoint.Served, _ service: Service, _ place: String, _ policy: CheckedService.Policy
    ) -> [CheckFinding] {
        var found: [CheckFinding] = []
        let who = "\(service.host.host) (\(place))"
        if policy == .dane, case .failed(let mismatch) = served.match {
            found.append(Self.mismatch(mismatch, who, place))
        }
        if case .matched(let record, _) = served.match, record.usage <= 1 {
            found.append(
                CheckFinding(
                    .pkixUnchecked, place,
                    "\(who) matches '\(RecordJudge.brief(record))', for which clients also check the certificate against their own authorities; that is not checked here."
                ))
        }
        if let until = served.certificate?.notAfter, until < now(), policy != .dane || served.match.isMatch {
            found.append(
                CheckFinding(
                    .expiredServed, place,
                    "The certificate that \(who) presents expired on \(TrustPath.day(until)). Renew it and let the server read the new one."
                ))
        }
        if served.version < .tls12 {
            found.append(
                CheckFinding(
                    .tlsOld, place,
                    "\(who) speaks \(served.version), which senders refuse (RFC 8996). Let it speak TLS 1.2 and 1.3."))
        }
        return found
    }

    private static func mismatch(_ mismatch: ChainMatch.Mismatch, _ who: String, _ place: String) -> CheckFinding {
        switch mismatch.reason {
        case .noMatch, .damaged:
            CheckFinding(
                .noMatch, place,
                "What \(who) presents matches none of the TLSA records: \(mismatch.text). Publish its record beside the others, or deploy the certificate that the records say."
            )
        case .anchorNotSent:
            CheckFinding(
                .anchorNotSent, place,
                "What \(who) presents can't be matched: \(mismatch.text). Let the server send its whole chain, or publish a record 3 1 1."
            )
        case .chainInvalid:
            CheckFinding(
                .chainInvalid, place,
                "The chain that \(who) presents doesn't hold: \(mismatch.text). Deploy a good chain, or publish a record 3 1 1."
            )
        case .nameMismatch:
            CheckFinding(
                .nameMismatch, place,
                "The certificate that \(who) presents is for other names: \(mismatch.text). Deploy one for the host's name, or publish a record 3 1 1."
            )
        }
    }

    /// No handshake came to be.
    private func fail(
        _ failure: ProbeFailure, _ service: Service, _ policy: CheckedService.Policy, _ probed: inout Probed
    ) {
        let (address, place) = (probed.endpoint.address, failure.target.endpoint)
        let who = "\(service.host.host) (\(place))"
        probed.endpoint.reason = failure.text
        probed.endpoint.seconds = Self.seconds(failure.timing)
        let isOptional = policy == .opportunistic && service.isMailTransport
        switch failure.reason {
        case .local, .cancelled,
            .unreachable where address.contains(":") || failure.reason != .unreachable:
            probed.endpoint.state = .unknown
            probed.findings.append(
                CheckFinding(
                    .noRoute, place,
                    "\(who) could not be looked at from this machine: \(failure.text). That says nothing about the server; look from a machine with \(address.contains(":") ? "IPv6" : "a way there")."
                ))
        case .notOffered:
            if isOptional { probed.endpoint.state = .unauthenticated }
            probed.findings.append(
                CheckFinding(
                    .noTLS, place,
                    isOptional
                        ? "\(who) offers no TLS: mail goes there in the clear. Turn STARTTLS on."
                        : "\(who) offers no TLS, and there are TLSA records: senders don't deliver to it. Turn STARTTLS on.",
                    effect: isOptional ? .unauthenticated : .nextMX, severity: isOptional ? .warning : .problem))
        case .tls, .injected:
            // Senders that need no TLS go on in the clear.
            if isOptional { probed.endpoint.state = .unauthenticated }
            probed.findings.append(
                CheckFinding(
                    .tlsFailed, place,
                    "The TLS handshake with \(who) fails: \(failure.text). Mend the server's TLS; its log tells more.",
                    effect: isOptional ? .unauthenticated : .nextMX))
        case .refused,
            .timeout where failure.phase == .connect, .unreachable:
            probed.findings.append(
                CheckFinding(
                    .unreachable, place,
                    "No connection to \(who) comes to be: \(failure.text). Start the server and open the port, or take the address out of DNS."
                ))
        case .timeout, .closed, .rejected, .unintelligible:
            probed.findings.append(
                CheckFinding(
                    .dialogueFailed, place,
                    "\(who) doesn't come to the point where TLS begins: \(failure.text). Mend the server; its log tells more."
                ))
        }
    }

    /// What comes without SNI, where it is something else that doesn't match.
    private func withoutName(
        _ sights: [Sight], _ service: Service, _ place: String, _ records: [JudgedRecord], _ names: [DomainName],
        _ probed: inout Probed
    ) {
        guard let bare = sights.first(where: { $0.name == nil }), let presentation = try? bare.result.get(),
            !probed.endpoint.served.contains(where: { $0.chain.first == presentation.chain.first })
        else { return }
        let served = served(presentation, nil, records, names)
        probed.endpoint.served.append(served)
        guard case .failed(let mismatch) = served.match else { return }
        probed.findings.append(
            CheckFinding(
                .withoutSNI, place,
                "Asked without a name (SNI), \(service.host.host) (\(place)) presents something else, which doesn't match: \(mismatch.text). Senders with DANE ask by name; make this host's certificate the default one all the same."
            ))
    }
}
