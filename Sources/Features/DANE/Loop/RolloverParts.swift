package import StewardCertificates
package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// How the loop looks at the world beyond this machine's files, how it changes the DNS, and how it decides.
package struct RolloverParts: Sendable {
    /// What a look at the zone gave: the views of its name servers and what could not be found out.
    package struct ZoneLook: Hashable, Sendable {
        package var servers: [ServerView]
        package var flaws: [Finding]

        /// A look.
        package init(servers: [ServerView], flaws: [Finding] = []) {
            self.servers = servers
            self.flaws = flaws
        }
    }

    /// What time it is.
    package var now: @Sendable () -> Date
    /// The clock that nobody sets.
    package var uptime: @Sendable () -> Observation.Uptime?
    /// Asks each address of each name server of the deployment's zone for its SOA and TLSA RRsets.
    package var servers: @Sendable (DeploymentSetup) async -> ZoneLook
    /// What a validating resolver says of the owners, not from a cache.
    package var validation: @Sendable (DeploymentSetup) async -> [DomainName: Resolution]
    /// What each address of each service presents.
    package var endpoints: @Sendable (DeploymentSetup) async -> [EndpointView]
    /// How the deployment's zone is changed.
    package var publisher: @Sendable (DeploymentSetup) -> any Publisher
    /// What is to be done.
    package var step: @Sendable (RolloverState, Observation, RolloverPolicy) -> RolloverStep

    /// All parts.
    package init(
        now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> Observation.Uptime? = { .now },
        servers: @escaping @Sendable (DeploymentSetup) async -> ZoneLook,
        validation: @escaping @Sendable (DeploymentSetup) async -> [DomainName: Resolution],
        endpoints: @escaping @Sendable (DeploymentSetup) async -> [EndpointView],
        publisher: @escaping @Sendable (DeploymentSetup) -> any Publisher,
        step: @escaping @Sendable (RolloverState, Observation, RolloverPolicy) -> RolloverStep
    ) {
        self.now = now
        self.uptime = uptime
        self.servers = servers
        self.validation = validation
        self.endpoints = endpoints
        self.publisher = publisher
        self.step = step
    }
}
