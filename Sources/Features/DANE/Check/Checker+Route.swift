internal import StewardDNS

/// To which hosts mail for a domain goes (RFC 5321, section 5.1; RFC 7672, section 2.2).
extension Checker {
    /// A host and the preference that led to it.
    struct Host: Hashable, Sendable {
        var name: DomainName
        var preference: UInt16?
    }

    /// The hosts in the order in which a sender turns to them.
    struct Route: Sendable {
        var hosts: [Host] = []
        /// Whether the hosts' names may be believed.
        var isSecure = false
        /// The zone that holds the MX records, where their look-up told it.
        var zone: DomainName?
        var findings: [CheckFinding] = []
    }

    func route(to domain: DomainName) async -> Route {
        let answer = await resolver.resolve(domain, .mx)
        switch answer.security {
        case .bogus(let why):
            return Route(findings: [
                CheckFinding(
                    .mxBogus, domain.host,
                    "The MX records of \(domain.host) are signed wrongly: \(why). Mend the zone's signatures or its DS record."
                )
            ])
        case .failed(let why):
            return Route(findings: [
                CheckFinding(
                    .mxFailed, domain.host,
                    "The MX records of \(domain.host) could not be looked up: \(why). Mend the zone's name servers.")
            ])
        case .secure, .insecure:
            return route(to: domain, answer)
        }
    }

    private func route(to domain: DomainName, _ answer: Resolution) -> Route {
        if answer.code == 3 {
            return Route(findings: [
                CheckFinding(
                    .noSuchDomain, domain.host,
                    "\(domain.host) does not exist (NXDOMAIN): mail to it is returned at once. Check how it is written."
                )
            ])
        }
        var route = Route(isSecure: answer.security == .secure, zone: answer.zone)
        if !route.isSecure {
            route.findings.append(
                CheckFinding(
                    .mxInsecure, domain.host,
                    "\(answer.canonicalName.host) is not signed with DNSSEC, so nobody can know whether its MX records are true: whoever can forge them leads mail elsewhere. Sign the zone and give its DS record to the registrar."
                ))
        }
        let exchanges = answer.records.compactMap { record in
            if case .mx(let preference, let name) = record.data {
                Host(name: name, preference: preference)
            } else {
                nil
            }
        }.sorted(by: Self.precedes)
        if exchanges.isEmpty {
            route.hosts = [Host(name: answer.canonicalName, preference: nil)]
            route.findings.append(
                CheckFinding(
                    .mxImplicit, domain.host,
                    "\(domain.host) has no MX record; senders take its own address. Publish an MX record."))
        } else if exchanges.allSatisfy({ $0.name == .root }) {
            route.findings.append(
                CheckFinding(
                    .nullMX, domain.host,
                    "\(domain.host) says that it takes no mail (its MX record names the root, RFC 7505): mail to it is returned at once."
                ))
        } else {
            sort(exchanges, domain, &route)
        }
        return route
    }

    private func sort(_ exchanges: [Host], _ domain: DomainName, _ route: inout Route) {
        for exchange in exchanges where exchange.name == .root || isAddress(exchange.name) {
            route.findings.append(
                CheckFinding(
                    .mxUnusable, domain.host,
                    "An MX record of \(domain.host) names '\(exchange.name)', which is no host: senders pass it over. Let it name a host."
                ))
        }
        var seen: Set<DomainName> = []
        let usable = exchanges.filter {
            $0.name != .root && !isAddress($0.name) && seen.insert($0.name).inserted
        }
        if usable.count > options.mxLimit {
            route.findings.append(
                CheckFinding(
                    .mxMany, domain.host,
                    "\(domain.host) has \(usable.count) MX hosts; the first \(options.mxLimit) are looked at."))
        }
        route.hosts = Array(usable.prefix(options.mxLimit))
    }

    private static func precedes(_ one: Host, _ other: Host) -> Bool {
        let (first, second) = (one.preference ?? 0, other.preference ?? 0)
        return first == second ? one.name.description < other.name.description : first < second
    }

    private func isAddress(_ name: DomainName) -> Bool {
        name.labels.count == 4 && name.labels.allSatisfy { label in label.allSatisfy { (48...57).contains($0) } }
    }
}
