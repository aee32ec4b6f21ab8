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
    /// What certbot's lineage holds now; nil where it can't be read.
    package var lineage: Credential?
    /// What the deployed file holds; nil where there is none yet.
    package var deployed: Credential?
    /// What the name servers serve, each address of each asked itself.
    package var servers: [ServerView]
    /// What a validating resolver says, by TLSA owner.
    package var validation: [DomainName: Resolution]
    /// What the services present, each address of each.
    package var endpoints: [EndpointView]
    /// What could not be found out or is wrong, beside what the views say: `lineage-unreadable`, `max-zone-ttl`, ...
    package var flaws: [Finding]

    /// A look.
    package init(
        at: Date, lineage: Credential? = nil, deployed: Credential? = nil, servers: [ServerView] = [],
        validation: [DomainName: Resolution] = [:], endpoints: [EndpointView] = [], flaws: [Finding] = []
    ) {
        self.at = at
        self.lineage = lineage
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
    /// The TLSA RRsets, by owner.
    package var sets: [DomainName: SetView]

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
        sets: [DomainName: SetView] = [:]
    ) {
        self.name = name
        self.server = server
        self.failure = failure
        self.serial = serial
        self.negativeTTL = negativeTTL
        self.sets = sets
    }
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
}
