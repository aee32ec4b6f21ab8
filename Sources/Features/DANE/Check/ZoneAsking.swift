package import StewardDNS

/// What the name servers of a zone answer for a TLSA owner.
package struct ZoneViews: Hashable, Sendable {
    /// The zone that holds the owner; nil where it could not be found out.
    package var zone: DomainName?
    /// Each address of each name server.
    package var servers: [ServerView]
    /// Why the name servers could not be found out; nil if they could.
    package var failure: String?
    /// The servers that this machine has no way to: nothing is known about them.
    package var unseen: Set<NameServer>

    /// What was found.
    package init(zone: DomainName?, servers: [ServerView], failure: String? = nil, unseen: Set<NameServer> = []) {
        self.zone = zone
        self.servers = servers
        self.failure = failure
        self.unseen = unseen
    }
}

/// Asks each address of each name server of the zone that holds a TLSA owner.
package protocol ZoneAsking: Sendable {
    /// What they answer; never throws: what went wrong is said.
    func views(of owner: DomainName) async -> ZoneViews
}
