/// What a script or job asks of the lane: whole cards for itself, or a part of one card's memory.
package struct GPURequest: Hashable, Sendable, Codable {
    /// How many cards, each held by nobody else (unless `shareable`).
    package var count: Int
    /// Bytes that each card must have in all (`gpu: 1`) or that are reserved on one card (`shareable`).
    package var memory: Int?
    /// Whether others may be on the card too, as long as the reserved memory fits: over-commit only when asked for.
    package var shareable: Bool

    package init(count: Int = 1, memory: Int? = nil, shareable: Bool = false) {
        self.count = count
        self.memory = memory
        self.shareable = shareable
    }
}

/// Who waits for cards.
package struct GPUTicket: Hashable, Sendable, Codable, Identifiable {
    package var id: String
    package var request: GPURequest
    /// Whose turn it uses up: the caller's name (a key's name, `local:<user>`).
    package var caller: String
    /// What it is for, as `steward gpu` shows it: a route, a command line.
    package var purpose: String
    /// Seconds since 1970 when it joined the queue.
    package var since: Double
    /// Seconds that it waits at most; nil: as long as the caller stays.
    package var patience: Double?

    package init(
        id: String, request: GPURequest, caller: String, purpose: String, since: Double, patience: Double? = nil
    ) {
        self.id = id
        self.request = request
        self.caller = caller
        self.purpose = purpose
        self.since = since
        self.patience = patience
    }
}

/// The exclusive hold of one or more cards by one process tree.
package struct GPULease: Hashable, Sendable, Codable, Identifiable {
    /// The ticket's id.
    package var id: String
    package var ticket: GPUTicket
    /// The cards, by uuid.
    package var cards: [String]
    /// Seconds since 1970 when it was granted.
    package var granted: Double
    /// The root of the process tree that holds it; nil until that process has started.
    package var holder: Holder?

    /// A process, told from a later one with the same number by when it started.
    package struct Holder: Hashable, Sendable, Codable {
        package var pid: Int32
        /// Field 22 of /proc/PID/stat: clock ticks since boot.
        package var started: UInt64

        package init(pid: Int32, started: UInt64) {
            self.pid = pid
            self.started = started
        }
    }

    package init(id: String, ticket: GPUTicket, cards: [String], granted: Double, holder: Holder? = nil) {
        self.id = id
        self.ticket = ticket
        self.cards = cards
        self.granted = granted
        self.holder = holder
    }

    /// What the holder's environment gets: `CUDA_VISIBLE_DEVICES` by uuid, `NVIDIA_VISIBLE_DEVICES` for containers.
    package var environment: [String: String] {
        let list = cards.joined(separator: ",")
        return ["CUDA_VISIBLE_DEVICES": list, "NVIDIA_VISIBLE_DEVICES": list, "STEWARD_GPU_LEASE": id]
    }
}
