import NIOCore
import StewardCompute
import StewardGPU

/// GPU cards for computations that may use one: what the lane hands out, and nothing else. Confined to the event loop.
package final class ComputeCards: @unchecked Sendable {
    private let lane: LaneService
    private let loop: any EventLoop

    /// What a computation may see.
    enum Grant {
        /// One card, until `release`, and its number.
        case card(GPULease, number: Int?)
        /// No card: the processor alone.
        case none
        /// It asked for a GPU and gets none.
        case refused(LaneRefusal)

        /// What the child's environment gets.
        var environment: [String: String] {
            guard case .card(let lease, let number) = self else { return ["CUDA_VISIBLE_DEVICES": ""] }
            var variables = lease.environment
            variables[CUDABackend.numbersVariable] = number.map { String($0) }
            return variables
        }
    }

    /// How long a computation that takes any device waits for a card before it takes the processor, seconds.
    private static let auto = 0.5

    /// Cards that `lane` hands out.
    init(lane: LaneService, loop: any EventLoop) {
        self.lane = lane
        self.loop = loop
    }

    /// Whether there are cards to hand out at all.
    var isEmpty: Bool { lane.snapshot.cards.isEmpty }

    /// The cards that somebody holds, by uuid, and who; callers with a key may know as much.
    var held: DeviceSurvey.Held {
        let overview = lane.snapshot
        var held: DeviceSurvey.Held = [:]
        for card in overview.cards {
            let callers = overview.leases.filter { $0.lease.cards.contains(card.card.card.uuid) }
                .map(\.lease.ticket.caller)
            if let words = Self.words(callers: callers, foreign: card.card.foreign.count) {
                held[card.card.card.uuid] = words
            }
        }
        return held
    }

    /// `held by science`; nil if nobody does.
    package static func words(callers: [String], foreign: Int) -> String? {
        if !callers.isEmpty { return "held by " + Set(callers).sorted().joined(separator: ", ") }
        return foreign > 0 ? "used outside the lane" : nil
    }

    /// Waits for a card as `order` wants one. `onPlace` and `body` are called on the loop.
    /// - Returns: what gives the place up.
    func acquire(
        _ order: ComputeOrder, caller: String, trace: String, onPlace: @escaping (LanePlace) -> Void,
        _ body: @escaping (Grant) -> Void
    ) -> () -> Void {
        let isAuto = order.wish == .best
        let request = GPURequest(count: 1, card: order.card.map { String($0) })
        let ticket = GPUTicket(
            id: GPUTicket.makeID(), request: request, caller: caller.isEmpty ? "anonymous" : caller,
            purpose: "compute \(order.task.rawValue)", since: LaneClock.now, patience: isAuto ? Self.auto : nil,
            limit: order.limits.start + order.limits.run + order.limits.grace, trace: trace)
        let bound = NIOLoopBound((onPlace, body), eventLoop: loop)
        let task = Task { [lane, loop] in
            let grant = await Self.grant(ticket, from: lane, isAuto: isAuto) { place in
                loop.execute { bound.value.0(place) }
            }
            loop.execute { bound.value.1(grant) }
        }
        return { task.cancel() }
    }

    /// The child that uses the card has started. `tooLate` is called on the loop if the lease is over already: the card may
    /// be somebody else's.
    func began(_ lease: GPULease, pid: Int32, tooLate: @escaping @Sendable () -> Void) {
        Task { [lane, loop] in
            do { try await lane.started(lease, pid: pid) } catch { loop.execute(tooLate) }
        }
    }

    /// The child is gone.
    func release(_ grant: Grant) {
        guard case .card(let lease, _) = grant else { return }
        Task { [lane] in await lane.release(lease) }
    }

    private static func grant(
        _ ticket: GPUTicket, from lane: LaneService, isAuto: Bool, onPlace: @escaping @Sendable (LanePlace) -> Void
    ) async -> Grant {
        do throws(LaneRefusal) {
            let lease = try await lane.acquire(ticket, onPlace: onPlace)
            let card = lane.snapshot.cards.first { lease.cards.contains($0.card.card.uuid) }
            return .card(lease, number: card?.card.card.index)
        } catch {
            return isAuto ? .none : .refused(error)
        }
    }
}
