/// What the lane tells the log and the metrics.
package enum LaneEvent: Sendable {
    /// Cards were handed out after `waited` seconds.
    case granted(GPULease, waited: Double)
    /// A lease is over; it lasted `lasted` seconds.
    case ended(GPULease, LeaseEnd, lasted: Double)
    /// A ticket got nothing.
    case refused(GPUTicket, LaneRefusal)
    /// A lease's processes are made to end.
    case clearing(GPULease, LeaseEnd, processes: Int)
    /// Processes of a lease don't end even so; its cards stay taken.
    case stuck(GPULease, pids: [Int32])
    /// A card fell off the bus, with the reason, or is back.
    case lost(GPUCard, String)
    /// An instance of a card in MIG mode was destroyed.
    case gone(GPUCard)
    /// It is in MIG mode and has no instance.
    case unparted(GPUCard)
    case back(GPUCard)
    /// Processes outside the lane use a card, or no longer do.
    case foreign(GPUCard, [Int32])
    /// NVML can't be asked, or can again.
    case absent(NVMLAbsence)
    case present(driver: String?, cards: [GPUCard])
    /// Taken up again at the start.
    case resumed(leases: Int, ended: Int, tickets: Int, dropped: Int)
    /// The journal can't be written.
    case unwritten(String)
    /// Leases can be written down again.
    case written
    /// Processes can't be looked at now, and why; or can again.
    case unseen(String)
    case seen
}

/// How a ticket stands with whoever asks.
package enum TicketState: Hashable, Sendable {
    case waiting(LanePlace)
    case granted(GPULease)
    case refused(LaneRefusal)
    /// What is left of its processes is being ended.
    case ending(GPULease, LeaseEnd)
    case ended(GPULease, LeaseEnd)
}

/// Everything there is to show.
package struct LaneOverview: Sendable {
    /// A card with its last reading.
    package struct Card: Sendable {
        package var card: LaneCard
        package var reading: GPUReading
        package var loss: String?
    }

    package var cards: [Card] = []
    package var leases: [LaneLease] = []
    package var queue: [LanePlace] = []
    /// GPU-seconds of late by caller.
    package var usage: [String: Double] = [:]
    package var driver: String?
    package var absence: NVMLAbsence?
    /// Cards in MIG mode without an instance.
    package var unparted: [GPUCard] = []
    /// When the cards were last looked at, seconds since 1970.
    package var looked: Double?
    package var now = 0.0
}
