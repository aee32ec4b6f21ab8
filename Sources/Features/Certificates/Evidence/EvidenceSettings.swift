/// What an ``EvidenceReader`` reads beyond the servers' usual places.
package struct EvidenceSettings: Hashable, Sendable {
    /// Globs (inside paths) of text files in which every absolute path into a tree and every lineage's name counts.
    package var extra: [String]
    /// Main configuration files (inside paths) by server, beside the usual ones.
    package var configurations: [Evidence.Kind: [String]]
    /// Whether installed servers are asked what they read (`nginx -T` and the like); only with the root `/`.
    package var asksServers: Bool
    /// How long one server may take to answer, in seconds.
    package var answerTime: Double

    /// The settings; without any, the usual places alone.
    package init(
        extra: [String] = [], configurations: [Evidence.Kind: [String]] = [:], asksServers: Bool = true,
        answerTime: Double = 10
    ) {
        self.extra = extra
        self.configurations = configurations
        self.asksServers = asksServers
        self.answerTime = answerTime
    }
}
