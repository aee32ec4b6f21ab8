/// Body of `POST /_platform/gpus/queue`.
public struct GPUOrder: Codable, Hashable, Sendable {
    /// The ticket's id, 16 to 64 lower-case letters and digits that nobody can guess; sent again it asks after the ticket.
    /// Without it the server makes one.
    public var id: String?
    /// How many whole cards; 1 without it.
    public var gpus: Int?
    /// Bytes that each card must have, or with `share` that are reserved on one.
    public var memory: Int?
    /// Whether a part of one card will do.
    public var share: Bool?
    /// The card that it has to be: number or uuid; any without it.
    public var card: String?
    /// What it is for.
    public var purpose: String?
    /// Seconds to wait at most.
    public var patience: Double?
    /// Seconds that the lease lasts at most.
    public var limit: Double?
    /// Local callers only: who waits, instead of `local`.
    public var caller: String?
    /// Local callers only: the process that waits, which has to be the one that asks; when it ends, so does the ticket.
    public var waiter: Int32?
    /// Local callers only: whether orphans of the holder become children of that process, which has no others.
    public var adopts: Bool?

    /// An order of one card.
    public init(id: String? = nil) { self.id = id }
}

/// Body of `POST /_platform/gpus/queue/ID/started`.
public struct GPUStart: Codable, Hashable, Sendable {
    /// The process that holds the lease; it carries `STEWARD_GPU_LEASE=ID` in its environment.
    public var pid: Int32

    /// The process.
    public init(pid: Int32) { self.pid = pid }
}

/// Body of `POST /_platform/gpus/drain` and `undrain`.
public struct GPUDrain: Codable, Hashable, Sendable {
    /// Number or uuid.
    public var card: String

    /// The card.
    public init(card: String) { self.card = card }
}

/// How a ticket stands.
public struct GPUTicketStatus: Codable, Hashable, Sendable {
    /// The ticket's id, and the lease's.
    public var id: String
    /// `waiting`, `granted`, `refused`, `ending` (what is left of its processes is being ended), `ended`.
    public var state: String
    /// While it waits: 1 is the next.
    public var position: Int?
    /// While it waits: seconds that it may take.
    public var expected: Double?
    /// Why it waits, was refused or ended, in words.
    public var reason: String?
    /// Why it was refused or ended, a stable word.
    public var code: String?
    /// When granted: the cards, by uuid.
    public var cards: [String]?
    /// When granted: what the holder's environment needs.
    public var environment: [String: String]?
    /// When granted: the device files of these cards, and those that every CUDA program opens.
    public var devices: [String]?

    /// A state.
    public init(id: String, state: String) {
        self.id = id
        self.state = state
    }
}
