package import StewardSettings

/// Whether the lane hands out GPUs.
package enum GPUEnabled: String, Hashable, Sendable, CaseIterable {
    /// If NVIDIA's management library is there.
    case auto
    /// Always: its absence is an error in the log.
    case on
    case off
}

/// What becomes of a card that processes outside the lane use.
package enum ForeignPolicy: String, Hashable, Sendable, CaseIterable {
    /// It is not handed out as long as they do.
    case avoid
    /// It is handed out all the same.
    case ignore
}

/// One caller's weight.
package struct CallerShare: Hashable, Sendable {
    package var caller: String
    package var share: Int

    /// A caller and its weight.
    package init(caller: String, share: Int) {
        self.caller = caller
        self.share = share
    }
}

/// How GPUs are handed out; the section `gpu`.
package struct GPUSettings: Hashable, Sendable {
    package var enabled = GPUEnabled.auto
    /// The library; nil: where the loader finds it.
    package var nvml: String?
    /// How often the cards are looked at.
    package var interval: Duration = .seconds(1)
    package var shares: [CallerShare] = []
    /// After so long what a caller used counts half.
    package var halfLife: Duration = .seconds(3600)
    /// How long a ticket waits that says nothing of it; nil: as long as whoever waits stays.
    package var patience: Duration?
    /// The longest lease; nil: as long as its process tree lives.
    package var longestLease: Duration?
    package var grace: Duration = .seconds(5)
    package var overcommit = false
    package var foreign = ForeignPolicy.avoid
    package var queue = 10_000

    /// The defaults.
    package init() {}

    /// The section's keys.
    package static let section = SettingsSection(GPUSettings()) {
        Field(
            "enabled", \.enabled, .choice,
            "Whether GPUs are handed out: auto if NVIDIA's management library is there, on with an error in the log if it isn't, or off."
        )
        Field(
            "nvml", \.nvml, ValueKind<String>.path.optional, standard: "libnvidia-ml.so.1 where the loader finds it",
            "NVIDIA's management library; the environment variable STEWARD_NVML counts over it.")
        Field(
            "interval", \.interval, .duration(in: .milliseconds(100)...(.seconds(60))),
            "How often the cards are looked at.")
        Field(
            "shares", \.shares, .shares, example: "{reporting: 1, research: 3}",
            "Weights by caller (a key's name, local:USER); others have 1. Who waits gets GPU-seconds in this proportion."
        )
        Field(
            "half_life", \.halfLife, .duration(in: .seconds(1)...(.seconds(90 * 86_400))),
            "After so long a GPU-second that a caller used counts half.")
        Field(
            "patience", \.patience, ValueKind<Duration>.duration(in: .seconds(1)...(.seconds(30 * 86_400))).orNone,
            "How long a request waits for a GPU that does not say it itself, or none.")
        Field(
            "longest_lease", \.longestLease,
            ValueKind<Duration>.duration(in: .seconds(1)...(.seconds(365 * 86_400))).orNone,
            "How long a GPU is held at most, or none.")
        Field(
            "grace", \.grace, .duration(in: .milliseconds(100)...(.seconds(300))),
            "At the end of a lease its processes have so long between SIGTERM and SIGKILL.")
        Field(
            "overcommit", \.overcommit, .flag,
            "Whether shares of one GPU may reserve more memory than it has.")
        Field(
            "foreign", \.foreign, .choice,
            "Whether a GPU that processes outside the lane use is left alone (avoid) or handed out (ignore).")
        Field(
            "queue", \.queue, .integer(in: 1...1_000_000),
            "How many may wait; then whoever has the most waiting gives way, or the request is refused.")
    }

    /// What the lane decides by.
    package var policy: LanePolicy {
        var policy = LanePolicy()
        for share in shares { policy.shares[share.caller] = Double(share.share) }
        policy.halfLife = halfLife.seconds
        policy.longestLease = longestLease?.seconds
        policy.overcommit = overcommit
        policy.grace = grace.seconds
        policy.queue = queue
        return policy
    }
}

extension Duration {
    /// In seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension ValueKind where Value == [CallerShare] {
    /// A mapping of callers to whole numbers.
    static var shares: ValueKind {
        let map = ValueKind<[MapEntry<String, Int>]>.map(
            "CALLER", key: ValueKind<String>.text, value: .integer(in: 1...1000))
        var kind = ValueKind(
            name: map.name,
            read: { node, reader in map.read(node, &reader)?.map { CallerShare(caller: $0.key, share: $0.value) } },
            format: { $0.isEmpty ? nil : $0.map { "\($0.caller): \($0.share)" }.joined(separator: ", ") })
        kind.acceptsNothing = true
        return kind
    }
}
