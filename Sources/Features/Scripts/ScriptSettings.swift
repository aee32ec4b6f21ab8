internal import StewardSandbox
import StewardSettings

/// What becomes of a call whose client goes away before the answer.
package enum DisconnectPolicy: String, Hashable, Sendable, CaseIterable {
    /// The call is ended; its worker is replaced if need be.
    case cancel
    /// The call runs to its end.
    case finish
}

/// How the scripts of one zone run; keys of each zone in the settings file.
package struct ScriptSettings: Hashable, Sendable {
    /// A call that has not answered by then gets 504 and its worker is replaced.
    package var timeout: Duration = .seconds(30)
    /// The most workers that serve quick calls in batches; nil: the number of cores, at most 4.
    package var workers: Int?
    /// The most workers beside them for calls that wait or compute.
    package var overflow = 64
    /// The most calls that wait for a worker; more get 503.
    package var queue = 1024
    /// What becomes of a call whose client goes away.
    package var onDisconnect = DisconnectPolicy.cancel
    /// Who may read and write the zone's Flask sessions.
    package var sessions = SessionSharing.own
    /// Added to the environment of the zone's workers.
    package var environment: [EnvironmentVariable] = []
    /// GPU cards that each of the zone's scripts needs unless it says otherwise; 0: none.
    package var gpu = 0
    /// Bytes of memory that each card must have, or that are reserved on a shared one.
    package var gpuMemory: Int?
    /// Whether cards are shared.
    package var gpuShare = false
    /// How long a call waits for cards; nil: as `gpu.patience` has it.
    package var gpuPatience: Duration?
    /// How long a worker keeps its cards for the caller's next call.
    package var gpuKeep: Duration = .seconds(10)

    /// The defaults.
    package init() {}

    /// One variable of a worker's environment.
    package struct EnvironmentVariable: Hashable, Sendable {
        /// Its name.
        package var name: String
        /// Its value.
        package var value: String

        /// A variable.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The keys of this struct, which stand among those of a zone.
    package static let section = SettingsSection(ScriptSettings()) {
        Field(
            "timeout", \.timeout, .duration(in: .milliseconds(1)...(.seconds(86_400))),
            "A call that has not answered by then gets 504, and its worker is replaced. A script may set its own.")
        Field(
            "workers", \.workers, ValueKind<Int>.integer(in: 1...256).optional, standard: "number of cores, at most 4",
            "The most worker processes that serve quick calls in batches.")
        Field(
            "overflow", \.overflow, .integer(in: 1...4096),
            "The most worker processes beside them, one for each call that waits or computes; forked when needed.")
        Field(
            "queue", \.queue, .integer(in: 0...1_000_000),
            "The most calls that wait for a worker; further ones get 503 with Retry-After.")
        Field(
            "on_disconnect", \.onDisconnect, .choice,
            "Whether a call is ended or finished when its client goes away.")
        Field(
            "sessions", \.sessions, .choice,
            "Whether Flask's sessions belong to the zone alone (cookie `session_api`, or `session` for the zone `/`) or are shared by all zones that say `shared` (cookie `session`). Scripts that share them can forge them."
        )
        Field(
            "environment", \.environment, .environment, example: "{REPORTS: /srv/reports}",
            "Variables that are added to the environment of the zone's workers.")
        Field(
            "gpu", \.gpu, .integer(in: 0...64),
            "GPU cards that each script of the zone needs for itself, unless its source says otherwise (`gpu = 1`).")
        Field(
            "gpu_memory", \.gpuMemory, ValueKind<Int>.size(in: 1 << 20...1 << 50).optional, example: "20 GiB",
            "Memory that each card must have in all or, with `gpu_share`, that is reserved on one.")
        Field(
            "gpu_share", \.gpuShare, .flag,
            "Whether others may use the rest of the card's memory at the same time.")
        Field(
            "gpu_patience", \.gpuPatience, ValueKind<Duration>.duration(in: .seconds(1)...(.seconds(86_400))).optional,
            standard: "`gpu.patience`", "How long a call waits for cards before it gets 503.")
        Field(
            "gpu_keep", \.gpuKeep, .duration(in: .zero...(.seconds(3600))),
            "How long a worker keeps its cards, and what it has loaded, for the same caller's next call, if nobody waits."
        )
    }
}

extension ValueKind where Value == [ScriptSettings.EnvironmentVariable] {
    /// A mapping of variable names to texts.
    static var environment: ValueKind {
        let name = ValueKind<String>.variableName
        let value = ValueKind<String>.scalar("text", format: { $0 }) { text throws(ValueRefusal) in
            guard !text.utf8.contains(0) else { throw ValueRefusal("a variable's value can't hold a NUL") }
            return text
        }
        let map = ValueKind<[MapEntry<String, String>]>.map("NAME", key: name, value: value)
        var kind = ValueKind(
            name: map.name,
            read: { node, reader in
                map.read(node, &reader)?.map { ScriptSettings.EnvironmentVariable(name: $0.key, value: $0.value) }
            },
            format: { $0.isEmpty ? nil : $0.map(\.name).joined(separator: ", ") })
        kind.acceptsNothing = true
        return kind
    }
}
