import Foundation
import StewardAPI
import StewardCore
import StewardGPU

extension GPUStatus {
    /// What `caller` may see of the lane.
    init(_ overview: LaneOverview, for caller: Caller) {
        let notes =
            overview.unparted.map(\.unpartedSentence)
            + GPUCard.sharedMemory(among: overview.cards.map(\.card).filter { !$0.isLost }.map(\.card))
        self.init(
            cards: overview.cards.map { GPUCardStatus($0) },
            leases: overview.leases.map { GPULeaseStatus($0, now: overview.now, for: caller) },
            queue: overview.queue.map { GPUQueueEntry($0, now: overview.now, for: caller) },
            usage: overview.usage.mapValues { ($0 * 10).rounded() / 10 }, driver: overview.driver,
            absence: overview.absence?.sentence, looked: overview.looked.map(LaneTime.text),
            notes: notes.isEmpty ? nil : notes)
    }
}

/// Moments of the lane as the API writes them.
enum LaneTime {
    /// RFC 3339.
    static func text(_ seconds: Double) -> String { Date(timeIntervalSince1970: seconds).formatted(.iso8601) }
    /// Seconds to the millisecond.
    static func rounded(_ seconds: Double) -> Double { (max(seconds, 0) * 1000).rounded() / 1000 }
}

extension GPUCardStatus {
    init(_ card: LaneOverview.Card) {
        let lane = card.card
        let state =
            if lane.isLost { "lost" } else if lane.isUnseen { "unseen" } else if lane.isDrained {
                "drained"
            } else if lane.isExclusive { "held" } else if !lane.leases.isEmpty {
                "shared"
            } else if !lane.foreign.isEmpty { "foreign" } else { "free" }
        let reading = card.reading
        self.init(
            index: lane.card.index == .max ? -1 : lane.card.index, part: lane.card.part?.number, uuid: lane.card.uuid,
            name: lane.card.name, state: state, reason: card.loss.map { "fell off the bus: \($0)" } ?? lane.closure,
            memory: lane.card.memory,
            memoryUsed: reading.memoryUsed, memoryReserved: lane.reserved, utilisation: reading.utilisation,
            temperature: reading.temperature, power: reading.power, leases: lane.leases.map(Secrecy.short))
    }
}

/// What others may see.
private enum Secrecy {
    /// Whoever knows the whole id may speak for the lease.
    static func short(_ id: String) -> String { String(id.prefix(8)) }

    static func sees(_ ticket: GPUTicket, _ caller: Caller) -> Bool {
        caller.isAdmin || ticket.caller == caller.name
    }
}

extension GPULeaseStatus {
    init(_ lease: LaneLease, now: Double, for caller: Caller) {
        let ticket = lease.lease.ticket
        let sees = Secrecy.sees(ticket, caller)
        self.init(
            id: sees ? ticket.id : Secrecy.short(ticket.id), phase: lease.phase, caller: ticket.caller,
            purpose: sees ? ticket.purpose : nil, request: ticket.request.description, cards: lease.lease.cards,
            pid: sees ? lease.lease.holder?.pid : nil, since: LaneTime.text(lease.lease.granted),
            seconds: LaneTime.rounded(now - lease.lease.granted), until: lease.until.map(LaneTime.text))
    }
}

extension GPUQueueEntry {
    init(_ place: LanePlace, now: Double, for caller: Caller) {
        let ticket = place.ticket
        let sees = Secrecy.sees(ticket, caller)
        self.init(
            id: sees ? ticket.id : Secrecy.short(ticket.id), position: place.position, caller: ticket.caller,
            purpose: sees ? ticket.purpose : nil, request: ticket.request.description,
            waited: LaneTime.rounded(now - ticket.since), expected: place.wait.map(LaneTime.rounded),
            reason: place.reason)
    }
}

extension GPUTicketStatus {
    /// How the ticket `id` stands.
    init(_ id: String, _ state: TicketState?) {
        switch state {
        case .waiting(let place):
            self.init(id: id, state: "waiting")
            position = place.position
            expected = place.wait.map(LaneTime.rounded)
            reason = place.reason
        case .granted(let lease):
            self.init(id: id, state: "granted")
            cards = lease.cards
            environment = lease.environment
            devices = lease.devices + GPULease.commonDevices
        case .refused(let refusal):
            self.init(id: id, state: "refused")
            code = refusal.code.rawValue
            reason = refusal.sentence
        case .ending(let lease, let end):
            self.init(id: id, state: "ending")
            cards = lease.cards
            code = end.rawValue
            reason = end.sentence
        case .ended(let lease, let end):
            self.init(id: id, state: "ended")
            cards = lease.cards
            code = end.rawValue
            reason = end.sentence
        case nil:
            self.init(id: id, state: "ended")
        }
    }
}
