import NIOCore
import StewardCore
import StewardGPU
import StewardScripts

/// The lane as the workers of scripts see it: asks on the pools' loop, waits in tasks of its own. Confined to that loop.
final class ScriptLane: CardLane, @unchecked Sendable {
    private let lane: LaneService
    private let loop: any EventLoop
    private var waiting: [String: Task<Void, Never>] = [:]
    private var leases: [String: GPULease] = [:]
    var onContention: (() -> Void)?

    /// A lane whose answers come on `loop`.
    init(lane: LaneService, loop: any EventLoop) {
        self.lane = lane
        self.loop = loop
    }

    var isContended: Bool { !lane.snapshot.queue.isEmpty || !waiting.isEmpty }

    func ask(_ want: CardWant, answer: @escaping (Result<CardLease, CardRefusal>) -> Void) -> String {
        let ticket = GPUTicket(
            id: GPUTicket.makeID(),
            request: GPURequest(
                count: want.demand.count, memory: want.demand.memory, shareable: want.demand.share),
            caller: want.caller.isEmpty ? "anonymous" : want.caller, purpose: want.purpose, since: LaneClock.now,
            patience: want.patience, trace: want.trace)
        let reply = NIOLoopBound(answer, eventLoop: loop)
        waiting[ticket.id] = Task { [self] in
            let result = await Self.acquire(ticket, from: lane) { [self] in
                loop.execute { self.onContention?() }
            }
            loop.execute { self.settle(ticket.id, result, want: want, reply.value) }
        }
        return ticket.id
    }

    func withdraw(_ ticket: String) { waiting[ticket]?.cancel() }

    func began(_ lease: CardLease, pid: Int32, tooLate: @escaping () -> Void) {
        guard let held = leases[lease.id] else { return tooLate() }
        let end = NIOLoopBound(tooLate, eventLoop: loop)
        Task { [lane, loop] in
            do { try await lane.started(held, pid: pid) } catch { loop.execute { end.value() } }
        }
    }

    func ended(_ lease: CardLease) {
        guard let held = leases.removeValue(forKey: lease.id) else { return }
        Task { [lane] in await lane.release(held) }
    }

    private func settle(
        _ ticket: String, _ result: Result<GPULease, LaneRefusal>, want: CardWant,
        _ answer: (Result<CardLease, CardRefusal>) -> Void
    ) {
        waiting[ticket] = nil
        switch result {
        case .success(let lease):
            leases[lease.id] = lease
            answer(
                .success(
                    CardLease(
                        id: lease.id, want: want, environment: lease.environment,
                        devices: lease.devices)))
        case .failure(let refusal): answer(.failure(CardRefusal(refusal)))
        }
    }

    private static func acquire(
        _ ticket: GPUTicket, from lane: LaneService, onWait: @escaping @Sendable () -> Void
    ) async -> Result<GPULease, LaneRefusal> {
        do throws(LaneRefusal) {
            let lease = try await lane.acquire(ticket) { _ in onWait() }
            return .success(lease)
        } catch {
            return .failure(error)
        }
    }
}

extension CardRefusal {
    /// What a caller is told; another try makes sense unless the cards can never do.
    init(_ refusal: LaneRefusal) {
        self.init(
            code: refusal.code.rawValue, sentence: refusal.sentence,
            retryAfter: refusal.code == .impossible ? nil : 10)
    }
}
