/// What is to be done after an event.
package enum LaneAction: Hashable, Sendable {
    /// Write the lease down, then tell the one who waits.
    case granted(GPULease)
    /// Tell the one who waits that nothing will come.
    case refused(GPUTicket, LaneRefusal)
    /// End what is left of the lease's process tree, then report `cleared`.
    case clear(GPULease, LeaseEnd)
    /// The lease is over and its cards are free.
    case ended(GPULease, LeaseEnd)
}

/// Why a ticket gets no cards.
package struct LaneRefusal: Error, Hashable, Sendable, Codable {
    /// A closed, stable word for programs.
    package enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        /// No arrangement of this machine's cards could ever do.
        case impossible = "gpu-impossible"
        /// It waited as long as it wanted to.
        case patience = "gpu-wait-over"
        /// Whoever waited has gone or changed their mind.
        case cancelled = "gpu-cancelled"
        /// Too many wait.
        case full = "gpu-queue-full"
    }

    package var code: Code
    /// A sentence with the way out.
    package var sentence: String

    /// A refusal.
    package init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}

/// Why a lease ended.
package enum LeaseEnd: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its process tree's root ended by itself.
    case exited
    /// Whoever held it gave it back.
    case released
    /// An administrator took it away.
    case revoked
    /// It lasted as long as it may.
    case limit
    /// A card fell off the bus.
    case lost
    /// Its holder never started.
    case unused

    /// In words.
    package var sentence: String {
        switch self {
        case .exited: "its process ended"
        case .released: "it was given back"
        case .revoked: "an administrator took it away"
        case .limit: "it lasted as long as it may"
        case .lost: "a GPU fell off the bus"
        case .unused: "its process never started"
        }
    }

    /// Whether the holder was told to end before it did so by itself.
    package var isFailure: Bool { self != .exited && self != .released }
}
