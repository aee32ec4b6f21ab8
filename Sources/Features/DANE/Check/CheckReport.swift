package import StewardCertificates
package import StewardDNS
package import StewardProbe

/// What a strict sender makes of a domain or a service.
package struct CheckReport: Hashable, Sendable {
    /// What becomes of mail in the end.
    package enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
        /// A DANE-enforcing sender delivers, and knows to whom, wherever it may turn.
        case deliver
        /// It doesn't deliver.
        case `defer`
        /// It delivers without DANE: nobody who can change the traffic is kept out.
        case insecure
        /// It delivers, but not wherever it may turn: some host or address fails, or is not protected while others are.
        case partial
    }

    /// The domain as it was asked for, or the service.
    package var domain: String
    /// What becomes of mail in the end.
    package var verdict: Verdict
    /// Each host that may be turned to, the preferred first.
    package var services: [CheckedService]
    /// What was found, the worst first.
    package var findings: [CheckFinding]

    /// All facts.
    package init(domain: String, verdict: Verdict, services: [CheckedService], findings: [CheckFinding]) {
        self.domain = domain
        self.verdict = verdict
        self.services = services
        self.findings = findings
    }

    /// Whether something is wrong: what exit statuses go by.
    package var hasProblem: Bool { findings.contains { $0.severity == .problem } }
}

/// One host's port as a sender sees it.
package struct CheckedService: Hashable, Sendable {
    /// What a sender demands of the connection.
    package enum Policy: String, Hashable, Sendable, Codable {
        /// TLS, and a match with a usable record.
        case dane
        /// TLS, with whomever: there are records and none is usable.
        case encrypt
        /// TLS if it is offered.
        case opportunistic
        /// It doesn't connect: a look-up failed.
        case unavailable
    }

    /// What a sender gets out of it.
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// It delivers and knows to whom, at every address.
        case delivers
        /// At some addresses only.
        case partial
        /// It delivers and doesn't know to whom.
        case unauthenticated
        /// It doesn't deliver.
        case fails
        /// It can't be told from this machine.
        case unknown
    }

    /// The port.
    package var service: Service
    /// The MX record's preference; nil where no MX record led here.
    package var preference: UInt16?
    /// The name that the TLSA records were found at or looked for at first (RFC 7672, section 2.2.3).
    package var base: DomainName
    /// Whether the addresses may be believed.
    package var addressSecurity: Resolution.Security
    /// Whether the TLSA records, or that there are none, may be believed; nil where they weren't looked for.
    package var recordSecurity: Resolution.Security?
    /// The TLSA records, judged.
    package var records: [JudgedRecord]
    /// The records' TTL as the resolver had it, in seconds.
    package var ttl: UInt32
    /// What a sender demands.
    package var policy: Policy
    /// Each address.
    package var endpoints: [CheckedEndpoint] = []
    /// Where the records stand: the owner, or what it is an alias of; nil where there are none.
    package var recordPlace: DomainName?
    /// The zone that holds the records, and what each address of its name servers answers; nil where it wasn't asked.
    package var zone: DomainName?
    package var servers: [ServerView] = []

    /// The records that say something that some address presents.
    package var servedRecords: [TLSA] {
        let chains = endpoints.flatMap { $0.served.map { $0.chain.compactMap(ChainCertificate.init(der:)) } }
        return records.map(\.record).filter { record in
            chains.contains { chain in
                record.usage == 2 || record.usage == 0
                    ? chain.dropFirst().contains { $0.isSaid(by: record) }
                    : chain.first.map { $0.isSaid(by: record) } ?? false
            }
        }
    }

    /// The records' owner.
    package var owner: DomainName? { base.prefixed("_\(service.port)._\(service.transport)") }

    /// `smtp`, `tls`, `imap`, ...
    package var protocolName: String { service.dialect.rawValue }

    /// What a sender gets out of it.
    package var outcome: Outcome {
        guard policy != .unavailable else { return .fails }
        let seen = endpoints.filter { $0.state != .unknown }
        guard !seen.isEmpty else { return endpoints.isEmpty ? .fails : .unknown }
        let good = seen.filter { $0.state != .failed }
        guard !good.isEmpty else { return .fails }
        if good.count < seen.count { return .partial }
        return good.allSatisfy { $0.state == .authenticated } ? .delivers : .unauthenticated
    }
}

/// One address of a host's port.
package struct CheckedEndpoint: Hashable, Sendable {
    /// What a sender gets there.
    package enum State: String, Hashable, Sendable, Codable {
        /// TLS with a match.
        case authenticated
        /// A connection with whomever.
        case unauthenticated
        /// None that the policy allows.
        case failed
        /// It can't be told from this machine.
        case unknown
    }

    /// One thing that the address presents.
    package struct Served: Hashable, Sendable {
        /// The name that was asked for (SNI); nil where none was.
        package var name: String?
        /// The certificate's facts; nil where it can't be read.
        package var certificate: CertificateFacts?
        /// The chain in DER, as sent.
        package var chain: [[UInt8]]
        /// How it matches.
        package var match: ChainMatch
        package var version: TLSProtocol
        /// IANA's name of the cipher suite.
        package var cipher: String

        /// `TLSv1.3`.
        package var versionName: String { version.description }
    }

    /// In digits.
    package var address: String
    /// What a sender gets there.
    package var state: State
    /// Why, in words; nil where there is nothing to say.
    package var reason: String?
    /// What it presents: one for each key it has, and what it presents without SNI where that is something else.
    package var served: [Served] = []
    /// How long the slowest of its handshakes took, from the connection on, in seconds.
    package var seconds: Double = 0
}
