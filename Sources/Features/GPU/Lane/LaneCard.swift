/// A card as the lane has it.
package struct LaneCard: Hashable, Sendable {
    /// What NVML says of it.
    package var card: GPUCard
    /// It fell off the bus; only a new look by a driver started anew brings it back.
    package var isLost = false
    /// It is known from leases written down and has not been seen yet, or can't be seen at the moment.
    package var isUnseen = false
    /// An administrator wants nothing new on it.
    package var isDrained = false
    /// Processes on it that no lease accounts for.
    package var foreign: [Int32] = []
    /// The leases on it, in the order of their grants.
    package var leases: [String] = []
    /// Whether the lease on it has it for itself.
    package var isExclusive = false
    /// Bytes that shares have reserved.
    package var reserved = 0

    /// A card with nothing on it.
    package init(_ card: GPUCard) { self.card = card }

    /// Whether anything new may come onto it.
    package var isOpen: Bool { !isLost && !isUnseen && !isDrained && foreign.isEmpty }
    /// Whether it is open or may be once its leases end: who uses it beside them may be theirs, and go with them.
    var isComing: Bool { isOpen || (!isLost && !isUnseen && !isDrained && !leases.isEmpty) }
    /// Whether it could be handed out now as a whole.
    package var isFree: Bool { isOpen && leases.isEmpty }

    /// Why nothing new may come onto it, in words; nil if it may.
    package var closure: String? {
        if isLost { return card.part == nil ? "fell off the bus" : "is gone" }
        if isUnseen { return card.minor < 0 ? "not seen since the start" : "does not answer" }
        if isDrained { return "drained" }
        guard !foreign.isEmpty else { return nil }
        let list = foreign.prefix(4).map(String.init).joined(separator: ", ") + (foreign.count > 4 ? ", ..." : "")
        return "used outside the lane by process \(list)"
    }
}
