import StewardSettings

/// Who may run kernels through HTTP, and how much; the section `compute`.
package struct ComputeSettings: Hashable, Sendable {
    /// Who may run kernels through HTTP.
    package var access = Access.admin
    /// How many kernels, checks, trainings and samples run at once.
    package var processes = 2
    /// The longest that a kernel, check or sample may ask for.
    package var deadline: Duration = .seconds(60)
    /// The longest that a training may ask for.
    package var training: Duration = .seconds(3600)
    /// The memory that one process may have.
    package var memory = 4 << 30
    /// The largest request body.
    package var bodyLimit = 8 << 20

    /// Which callers may run kernels; the local socket always may.
    package enum Access: String, Hashable, Sendable, CaseIterable {
        /// Admin keys.
        case admin
        /// Every key.
        case api
        /// Nobody.
        case off
    }

    /// The defaults.
    package init() {}

    /// The keys of `compute`.
    package static let section = SettingsSection(ComputeSettings()) {
        Field(
            "access", \.access, .choice,
            "Who may run kernels and trainings through /_platform/compute: admin keys, every key, or nobody. A kernel is native code with the server's rights, in a process of its own."
        )
        Field(
            "processes", \.processes, .integer(in: 1...1024),
            "How many kernels, checks, trainings and samples run at once; a further one gets 429.")
        Field(
            "deadline", \.deadline, .duration(in: .milliseconds(1)...(.seconds(86_400))),
            "How long a kernel, a check or a sample of text may run at most; it gets less if it asks for less.")
        Field(
            "training", \.training, .duration(in: .seconds(1)...(.seconds(30 * 86_400))),
            "How long a training may run at most.")
        Field(
            "memory", \.memory, .size(in: (64 << 20)...(1 << 50)),
            "How much memory one of them may have, GPUs' not counted.")
        Field(
            "body_limit", \.bodyLimit, .size(in: (1 << 10)...(1 << 30)),
            "The largest request body; larger ones get 413.")
    }
}
