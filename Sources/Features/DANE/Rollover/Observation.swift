package import StewardCertificates
package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// One whole look at a deployment from outside and inside.
package struct Observation: Hashable, Sendable {
    /// When it was finished.
    package var at: Date
    /// The machine's clock that nobody sets; nil where there is none.
    package var uptime: Uptime?
    /// What certbot's lineage holds now; nil where it can't be read or its key doesn't fit.
    package var lineage: Credential?
    /// Earlier certificates of the lineage whose private keys are still here (certbot's archive): keys that are known, and
    /// candidates that can still be deployed after certbot renewed again.
    package var archive: [Credential]
    /// Mode `next`: the key that waits in Steward's folder.
    package var staged: StagedKey?
    /// Mode `next`: the certificate that was issued for the staged key and can be deployed.
    package var issued: Credential?
    /// Certificates that are known to be revoked.
    package var revoked: Set<Fingerprint>
    /// What the deployed file holds; nil where there is none yet.
    package var deployed: Credential?
    /// What the name servers serve, each address of each asked itself.
    package var servers: [ServerView]
    /// What a validating resolver says, by TLSA owner.
    package var validation: [DomainName: Resolution]
    /// What the services present, each address of each.
    package var endpoints: [EndpointView]
    /// What could not be found out or is wrong, beside what the views say, also why the last act failed:
    /// `lineage-unreadable`, `deployed-unreadable`, `max-zone-ttl`, a `PublishFailure`'s code. Its texts are shown with the
    /// hold that it explains.
    package var flaws: [Finding]

    /// Seconds since the machine was started (CLOCK_BOOTTIME), by which jumps of the clock are noticed.
    package struct Uptime: Hashable, Sendable, Codable {
        /// The start that it counts from: `/proc/sys/kernel/random/boot_id`.
        package var boot: String
        /// Since then, also while asleep.
        package var seconds: Double

        /// A reading.
        package init(boot: String, seconds: Double) {
            self.boot = boot
            self.seconds = seconds
        }
    }

    /// A look.
    package init(
        at: Date, uptime: Uptime? = nil, lineage: Credential? = nil, archive: [Credential] = [],
        staged: StagedKey? = nil, issued: Credential? = nil, revoked: Set<Fingerprint> = [],
        deployed: Credential? = nil, servers: [ServerView] = [], validation: [DomainName: Resolution] = [:],
        endpoints: [EndpointView] = [], flaws: [Finding] = []
    ) {
        self.at = at
        self.uptime = uptime
        self.lineage = lineage
        self.archive = archive
        self.staged = staged
        self.issued = issued
        self.revoked = revoked
        self.deployed = deployed
        self.servers = servers
        self.validation = validation
        self.endpoints = endpoints
        self.flaws = flaws
    }
}

/// What one address of one name server answers.
package struct ServerView: Hashable, Sendable {
    /// The server's name and where it was asked.
    package var name: String
    package var server: NameServer
    /// Why it gave no answer; nil if it did.
    package var failure: String?
    /// Whether it answered and isn't the zone's: it refuses, or isn't authoritative.
    package var isLame = false
    /// The zone's serial that it serves.
    package var serial: UInt32?
    /// How long "there is none" may be kept, in seconds: the smaller of the SOA's TTL and its minimum (RFC 2308, section 5).
    package var negativeTTL: UInt32?
    /// The TLSA RRsets, by owner; an owner without one is missing here.
    package var sets: [DomainName: SetView]
    /// Whether changes are made here: its sets are what compare-and-swap compares with. Where no view says so, the
    /// answering server with the highest serial is taken.
    package var isPrimary: Bool
    /// Whether nobody is sent to it: no NS record names it.
    package var isHidden: Bool

    /// One RRset as the server has it.
    package struct SetView: Hashable, Sendable {
        package var records: [TLSA]
        /// In seconds.
        package var ttl: UInt32
        /// Until when its signatures hold, the earliest; nil where it is not signed.
        package var signedUntil: Date?

        /// An RRset.
        package init(records: [TLSA], ttl: UInt32, signedUntil: Date?) {
            self.records = records
            self.ttl = ttl
            self.signedUntil = signedUntil
        }
    }

    /// A server's answer.
    package init(
        name: String, server: NameServer, failure: String? = nil, serial: UInt32? = nil, negativeTTL: UInt32? = nil,
        sets: [DomainName: SetView] = [:], isPrimary: Bool = false, isHidden: Bool = false
    ) {
        self.name = name
        self.server = server
        self.failure = failure
        self.serial = serial
        self.negativeTTL = negativeTTL
        self.sets = sets
        self.isPrimary = isPrimary
        self.isHidden = isHidden
    }

    /// How it is told from the others: `ns1.example 192.0.2.1:53`.
    package var label: String { "\(name) \(server)" }
}

/// What one address of one service presents.
package struct EndpointView: Hashable, Sendable {
    package var service: Service
    /// The address in digits.
    package var address: String
    /// What it presents, the records worked out in the deployment's forms; nil if it could not be seen.
    package var served: Credential?
    /// Why it could not be seen.
    package var failure: String?

    /// An endpoint.
    package init(service: Service, address: String, served: Credential? = nil, failure: String? = nil) {
        self.service = service
        self.address = address
        self.served = served
        self.failure = failure
    }

    /// `mail.example:25 smtp at 192.0.2.1`.
    package var label: String { "\(service) at \(address)" }
}
