package import StewardProbe

/// Sees what a port presents. `Prober` is the one that connects.
package protocol ServiceProbing: Sendable {
    /// Probes one target; when it returns the connection is closed.
    func probe(_ target: ProbeTarget, offer: TLSOffer) async throws(ProbeFailure) -> Presentation
}

extension Prober: ServiceProbing {}
