/// What is to be thought of a lineage.
package struct Verdict: Hashable, Sendable, Codable {
    /// The state.
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// Something uses it.
        case used
        /// Everything was looked at and nothing uses it.
        case unused
        /// Nothing uses it and its certificate no longer holds.
        case expired
        /// Nothing uses it and a newer lineage covers every name of it.
        case superseded
        /// Nothing uses it and another lineage has exactly its names (certbot's `-0001`).
        case duplicate
        /// It can't be renewed or used as it is, and nothing uses it.
        case broken
        /// It can't be said: something could not be read.
        case unknown

        /// Whether a plan may take it away.
        package var isPrunable: Bool {
            switch self {
            case .used, .unknown: false
            case .unused, .expired, .superseded, .duplicate, .broken: true
            }
        }
    }

    /// The state.
    package var state: State
    /// The lineage that takes its place, for `superseded` and `duplicate`.
    package var successor: String?
    /// The signs of use, best first.
    package var usedBy: [Evidence]
    /// Why, in sentences, for and against.
    package var reasons: [String]

    /// All parts.
    package init(_ state: State, successor: String? = nil, usedBy: [Evidence] = [], reasons: [String] = []) {
        self.state = state
        self.successor = successor
        self.usedBy = usedBy
        self.reasons = reasons
    }
}
