internal import StewardDNS

extension RolloverParts {
    /// The network and this machine.
    package static func real(_ settings: DANESettings) -> RolloverParts {
        RolloverParts(
            servers: { _ in ZoneLook(servers: []) }, validation: { _ in [:] }, endpoints: { _ in [] },
            publisher: { _ in NoPublisher() }, step: Rollover.step)
    }
}

struct NoPublisher: Publisher {
    var place: String { "nowhere" }
    func publish(_ change: RRsetChange) async throws(PublishFailure) {}
}
