import Foundation
import NIOHTTP1
import StewardAPI
import StewardCore
import StewardGPU

/// An HTTP request about GPUs on its way to the lane.
struct GPUQuestion: Sendable {
    let action: GPUAction
    let method: HTTPMethod
    /// The query as it came.
    let query: String?
    /// The body, if one came.
    let body: [UInt8]?
    let caller: Caller
    /// The process that asks over the control socket, as the kernel proves it.
    let peer: Int32?
    /// The request's trace id.
    let trace: String

    /// The JSON of the answer.
    func answer(by lane: LaneService) async throws(Problem) -> [UInt8] {
        switch action {
        case .status: return try encode(GPUStatus(await lane.overview(), for: caller))
        case .join: return try encode(try await join(lane))
        case .ticket(let id): return try encode(try await ticket(id, lane))
        case .started(let id): return try encode(try await started(id, lane))
        case .lease(let id): return try encode(try await revoke(id, lane))
        case .drain: return try encode(try await drain(true, lane))
        case .undrain: return try encode(try await drain(false, lane))
        }
    }

    // MARK: Tickets

    private func join(_ lane: LaneService) async throws(Problem) -> GPUTicketStatus {
        let ticket = try await ticket(of: decode(GPUOrder.self, example: #"{"gpus": 1, "purpose": "training"}"#), lane)
        if let known = await lane.ticket(ticket.id) { try check(known) }
        let state = await lane.submit(ticket)
        if case .refused(let refusal) = state { throw Problem(refusal) }
        return GPUTicketStatus(ticket.id, state)
    }

    private func ticket(of order: GPUOrder, _ lane: LaneService) async throws(Problem) -> GPUTicket {
        if let id = order.id, !GPUTicket.isGoodID(id) {
            throw .badGPURequest("'id' is 16 to 64 lower-case letters and digits that nobody can guess.")
        }
        for number in [order.patience, order.limit].compactMap({ $0 }) where !(number > 0 && number < 1e9) {
            throw .badGPURequest("'patience' and 'limit' are numbers of seconds above 0.")
        }
        guard order.memory.map({ (1...(1 << 50)).contains($0) }) ?? true else {
            throw .badGPURequest("'memory' is a number of bytes above 0.")
        }
        let isLocal = caller == .local
        // What else it says is of no process that it may speak for, or a number that means another one here.
        let waiter = isLocal && order.waiter == peer ? peer.flatMap { LaneService.waiter($0) } : nil
        let purpose = GPUTicket.purpose(order.purpose ?? "")
        return GPUTicket(
            id: order.id ?? GPUTicket.makeID(),
            request: GPURequest(
                count: order.gpus ?? 1, memory: order.memory, shareable: order.share ?? false, card: order.card),
            caller: isLocal ? String((order.caller ?? "local").prefix(100)) : caller.name, purpose: purpose,
            since: LaneClock.now, patience: order.patience, limit: order.limit,
            waiter: waiter, adopts: waiter == nil ? nil : order.adopts, trace: trace)
    }

    private func ticket(_ id: String, _ lane: LaneService) async throws(Problem) -> GPUTicketStatus {
        guard let ticket = await lane.ticket(id) else { throw .noTicket(id) }
        try check(ticket)
        if method == .DELETE {
            if await lane.isHeld(id) {
                await lane.end(id, caller.isAdmin && !owns(ticket) ? .revoked : .released)
            } else {
                await lane.cancel(id, reason: "It was taken out of the queue by \(caller.name).")
            }
            return GPUTicketStatus(id, await lane.state(id))
        }
        let wait = try number("wait", upTo: 60) ?? 0
        let state = await lane.state(
            id, known: wait > 0 ? try number("position", upTo: 1_000_000) : 0, within: .seconds(wait))
        if state == nil, await lane.isStopped { throw .laneStops }
        return GPUTicketStatus(id, state)
    }

    private func started(_ id: String, _ lane: LaneService) async throws(Problem) -> GPUTicketStatus {
        guard let ticket = await lane.ticket(id) else { throw .noTicket(id) }
        try check(ticket)
        let start = try decode(GPUStart.self, example: #"{"pid": 4711}"#)
        do throws(LaneService.Refusal) {
            try await lane.started(id, pid: start.pid, mustBeMarked: true)
        } catch {
            throw Problem(error, id)
        }
        return GPUTicketStatus(id, await lane.state(id))
    }

    /// Others' tickets don't exist.
    private func check(_ ticket: GPUTicket) throws(Problem) {
        guard owns(ticket) || caller.isAdmin else { throw .noTicket(ticket.id) }
    }

    private func owns(_ ticket: GPUTicket) -> Bool { caller == .local || ticket.caller == caller.name }

    // MARK: Administration

    private func revoke(_ prefix: String, _ lane: LaneService) async throws(Problem) -> GPUTicketStatus {
        let ids = prefix.utf8.count >= 4 ? await lane.ids(beginning: prefix) : []
        guard let id = ids.first else { throw .noTicket(prefix) }
        guard ids.count == 1 else {
            throw .badGPURequest("\(ids.count) leases and tickets begin with \(prefix); write more of the id.")
        }
        if await lane.isHeld(id) {
            await lane.end(id, .revoked)
        } else {
            await lane.cancel(id, reason: "An administrator took it out of the queue.")
        }
        return GPUTicketStatus(id, await lane.state(id))
    }

    private func drain(_ isDrained: Bool, _ lane: LaneService) async throws(Problem) -> GPUStatus {
        let wish = try decode(GPUDrain.self, example: #"{"card": "0"}"#)
        do throws(LaneService.Refusal) { _ = try await lane.drain(wish.card, isDrained) } catch {
            throw Problem(error, wish.card)
        }
        return GPUStatus(await lane.overview(), for: caller)
    }

    // MARK: Forms

    private func number(_ name: String, upTo limit: Int) throws(Problem) -> Int? {
        guard let part = (query ?? "").split(separator: "&").first(where: { $0.hasPrefix("\(name)=") }) else {
            return nil
        }
        guard let number = Int(part.dropFirst(name.utf8.count + 1)), (0...limit).contains(number) else {
            throw .badGPURequest("'\(name)' is a number from 0 to \(limit).")
        }
        return number
    }

    private func decode<Value: Decodable>(_ type: Value.Type, example: String) throws(Problem) -> Value {
        guard let value = try? JSONDecoder().decode(type, from: Data(body ?? [])) else {
            throw .badGPURequest("The body is a JSON object such as \(example).")
        }
        return value
    }

    private func encode(_ value: some Encodable) throws(Problem) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            throw Problem("internal", status: 500, title: "The answer can't be written")
        }
        return Array(data)
    }
}
