package import StewardDNS

/// One deployment as it is used: the settings, checked and in types.
package struct DeploymentSetup: Hashable, Sendable {
    /// The lineage's name where that tells it from the others, else the deployed file's path.
    package var name: String
    /// The folder of its state beneath the dane folder: stable for its tree, lineage and file.
    package var folder: String
    /// certbot's configuration folder.
    package var tree: String
    /// certbot's name of the certificate.
    package var lineage: String
    /// The file with key and chain that the services read.
    package var file: String
    /// What it is to be like.
    package var policy: RolloverPolicy
    /// Where the services are asked; empty: every address of their hosts.
    package var addresses: [String]
    /// What is reloaded after the file was replaced.
    package var reloads: [Reload]
    /// Who owns the file; nil: as it is, or this process's user.
    package var owner: FileOwner?
    /// How certbot is run.
    package var certbot: [String]
    /// The zone's name servers; empty: those of its NS records.
    package var servers: [NameServer]
    /// How the zone is changed.
    package var zone: DANESettings.Zone
}
