internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What follows from an observation alone.
struct Facts {
    let seen: Observation
    /// The TLSA owners, in the services' order.
    let owners: [DomainName]
    /// The name servers that senders may be sent to.
    let publicServers: [ServerView]
    /// Those of them that answered.
    let answering: [ServerView]
    /// Those that did not.
    let silent: [ServerView]
    /// Where changes are made; nil if it doesn't answer.
    let primary: ServerView?

    init(_ seen: Observation, _ policy: RolloverPolicy) {
        self.seen = seen
        var owners: [DomainName] = []
        for owner in policy.services.compactMap(\.owner) where !owners.contains(owner) { owners.append(owner) }
        self.owners = owners
        publicServers = seen.servers.filter { !$0.isHidden }
        answering = publicServers.filter { $0.failure == nil }
        silent = publicServers.filter { $0.failure != nil }
        primary =
            if let named = seen.servers.first(where: \.isPrimary) {
                named.failure == nil ? named : nil
            } else {
                answering.max { one, other in
                    Int32(bitPattern: (other.serial ?? 0) &- (one.serial ?? 0)) > 0
                }
            }
    }

    /// The records that the primary has for `owner`.
    func present(_ owner: DomainName) -> [TLSA] { primary?.sets[owner]?.records ?? [] }

    /// Whether no server that answers has any record for `owner`: senders don't use DANE with it.
    func isAbsent(_ owner: DomainName) -> Bool {
        ([primary].compactMap(\.self) + answering).allSatisfy { $0.sets[owner]?.records.isEmpty ?? true }
    }

    /// The endpoints of the services of `owner`.
    func endpoints(_ owner: DomainName) -> [EndpointView] { seen.endpoints.filter { $0.service.owner == owner } }

    /// The endpoints that could not be seen.
    var unseen: [EndpointView] { seen.endpoints.filter { $0.served == nil } }

    /// Whether every endpoint serves this very certificate, leaving aside what could not be seen and is in `excused`; one
    /// at least was seen.
    func isServedEverywhere(_ credential: Credential, excused: [String] = []) -> Bool {
        seen.endpoints.contains { $0.served != nil }
            && seen.endpoints.allSatisfy { endpoint in
                endpoint.served.map { $0.certificate == credential.certificate } ?? excused.contains(endpoint.label)
            }
    }

    /// The servers that answer and lack some of `records` for some owner.
    func behind(_ records: [TLSA]) -> [ServerView] {
        answering.filter { server in
            owners.contains { !Coverage.isComplete(server.sets[$0]?.records ?? [], records) }
        }
    }

    /// The servers that answer and whose records for some owner carry no signature that holds now.
    var unsigned: [ServerView] {
        answering.filter { server in
            owners.contains { owner in
                server.sets[owner].map { ($0.signedUntil ?? .distantPast) <= seen.at } ?? false
            }
        }
    }

    /// The earliest end of a signature over the records.
    var signedUntil: Date? {
        answering.flatMap { server in owners.compactMap { server.sets[$0]?.signedUntil } }.min()
    }

    /// The longest TTL of a TLSA RRset that a server serves, in seconds.
    var longestTTL: UInt32 {
        seen.servers.flatMap { server in owners.compactMap { server.sets[$0]?.ttl } }.max() ?? 0
    }

    /// The longest time for which "there is none" may be kept, in seconds.
    var longestNegativeTTL: UInt32 { seen.servers.compactMap(\.negativeTTL).max() ?? 0 }

    /// When the first of the certificates that are served or deployed expires.
    var servedUntil: Date? {
        (seen.endpoints.compactMap { $0.served?.notAfter } + [seen.deployed?.notAfter].compactMap(\.self)).min()
    }

    /// How long the deployed certificate is valid altogether, in seconds.
    var lifetime: Double? { seen.deployed.map { $0.notAfter.timeIntervalSince($0.notBefore) } }
}
