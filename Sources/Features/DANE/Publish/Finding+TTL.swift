package import StewardCertificates
package import StewardDNS

extension Finding {
    /// The primary serves another TTL than was asked for.
    package static func ttlDiffers(_ change: RRsetChange, served: UInt32, server: NameServer) -> Finding {
        let cut = served < change.ttl
        return Finding(
            cut ? "ttl-cut" : "ttl-differs", .note,
            cut
                ? "\(server) serves the TLSA records of \(change.owner) with a TTL of \(served) s instead of \(change.ttl) s: zone \(change.zone) has 'max-zone-ttl \(served)' (of its own or through its dnssec-policy), or the like. Set 'dane.deployments[].ttl' to \(served) s, or raise max-zone-ttl."
                : "\(server) serves the TLSA records of \(change.owner) with a TTL of \(served) s instead of \(change.ttl) s. Whoever set it gets it: waits are computed from what is served."
        )
    }
}
