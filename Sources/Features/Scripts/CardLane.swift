/// The GPU cards that a call's script asked for, and who asks.
package struct CardWant: Hashable, Sendable {
    /// What the script or its zone said.
    package var demand: CardDemand
    /// Whose share of the cards it uses: the caller's name.
    package var caller: String
    /// What the cards are for: the route.
    package var purpose: String
    /// How long the call waits for them at most, seconds; nil: as the lane has it.
    package var patience: Double?
    /// The trace id of the call.
    package var trace: String
}

/// How many cards a script needs: `gpu = 1`, or `gpu = {"count": 1, "memory": "20GiB", "share": True}` in its source,
/// or `gpu: 1` for a whole zone.
package struct CardDemand: Codable, Hashable, Sendable {
    /// Whole cards; 0: none.
    package var count: Int
    /// Bytes that each card must have, or that are reserved where the card is shared.
    package var memory: Int?
    /// Whether others may use the card's remaining memory at the same time.
    package var share: Bool

    /// A demand; whole cards of any size unless said otherwise.
    package init(count: Int, memory: Int? = nil, share: Bool = false) {
        self.count = count
        self.memory = memory
        self.share = share
    }
}

/// The hold of cards by one worker.
package struct CardLease: Hashable, Sendable {
    /// The lane's own name for it.
    package var id: String
    /// What was asked for.
    package var want: CardWant
    /// What the worker's environment gets: `CUDA_VISIBLE_DEVICES` and the like.
    package var environment: [String: String]
    /// The cards' device files.
    package var devices: [String]

    /// A lease as the lane granted it.
    package init(id: String, want: CardWant, environment: [String: String], devices: [String] = []) {
        self.id = id
        self.want = want
        self.environment = environment
        self.devices = devices
    }
}

/// Why a call gets no cards: a code and a sentence for the caller.
package struct CardRefusal: Error, Hashable, Sendable {
    /// `gpu-impossible`: none will ever fit. `gpu-wait-over`: none was free in time. `gpu-queue-full`: too many wait.
    package var code: String
    /// What happened and what to do.
    package var sentence: String
    /// Seconds after which another try makes sense; nil: none does.
    package var retryAfter: Int?

    /// A refusal.
    package init(code: String, sentence: String, retryAfter: Int? = nil) {
        self.code = code
        self.sentence = sentence
        self.retryAfter = retryAfter
    }
}

/// Whoever hands out the cards of this machine. All methods are called, and all answers given, on the pools' loop.
package protocol CardLane: AnyObject {
    /// Asks for cards; `answer` is called once, perhaps before this returns.
    /// - Returns: the ticket, for `withdraw`.
    func ask(_ want: CardWant, answer: @escaping (Result<CardLease, CardRefusal>) -> Void) -> String
    /// Nobody waits for this ticket any more. Its answer may still come, and a lease in it must be handed back.
    func withdraw(_ ticket: String)
    /// The worker that holds the lease has started. `tooLate` is called if the lease is over already: the cards may be
    /// somebody else's, so that the worker must not go on.
    func began(_ lease: CardLease, pid: Int32, tooLate: @escaping () -> Void)
    /// The worker and its process group are gone, or never came to be.
    func ended(_ lease: CardLease)
    /// Whether somebody waits, so that no worker may sit idle on a lease.
    var isContended: Bool { get }
    /// Called when somebody begins to wait.
    var onContention: (() -> Void)? { get set }
}
