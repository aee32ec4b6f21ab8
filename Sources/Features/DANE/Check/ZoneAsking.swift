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

/// The name servers of a zone, as far as they could be found.
package struct ZonePlaces: Sendable {
    /// The zone.
    package var zone: DomainName
    /// Each address of each of its name servers, or why they can't be found.
    package var found: Result<[ZoneServers.Place], ZoneServers.Failure>

    /// What was found.
    package init(zone: DomainName, found: Result<[ZoneServers.Place], ZoneServers.Failure>) {
        self.zone = zone
        self.found = found
    }
}

/// Asks each address of each name server of the zone that holds a TLSA owner.
package protocol ZoneAsking: Sendable {
    /// Looks up who is to be asked; never throws: what went wrong is said.
    func places(in zone: DomainName) async -> ZonePlaces
    /// What the name servers of the owner's zone answer; never throws: what went wrong is said. `places` are that zone's where they
    /// are known already.
    func views(of owner: DomainName, at places: ZonePlaces?) async -> ZoneViews
}
