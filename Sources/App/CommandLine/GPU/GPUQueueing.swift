import Foundation
import StewardAPI
import StewardGPU

/// One ticket's way through the queue. A server that is away is waited for: it keeps the place.
struct GPUQueueing: Sendable {
    let client: GPUClient
    let order: GPUOrder
    let isQuiet: Bool
    /// What else could be done, said once when it has to wait.
    var hint: String?
    /// What the user calls what is waited for.
    var called: String?

    private var id: String { order.id ?? "" }

    /// Joins the queue and waits for the grant.
    func wait() async throws -> GPUTicketStatus {
        var state = try await first()
        var shown: GPUTicketStatus?
        while state.state == "waiting" {
            let isOther = state.position != shown?.position || obstacle(state) != shown.flatMap(obstacle)
            if isOther { show(state, isFirst: shown == nil) }
            shown = state
            state = try await next(after: state)
        }
        guard state.state == "granted" else {
            throw CommandFailure(state.reason ?? "the lane ended the wait", hint: "see 'steward gpu'")
        }
        return state
    }

    private func first() async throws -> GPUTicketStatus {
        do { return try await client.ask(.POST, "/queue", body: order, for: GPUTicketStatus.self) } catch let refused
            as GPUClient.Refused
        {
            throw refused.failure
        }
    }

    /// The next state. After a failure the ticket is sent again: the same id finds its place, or takes a new one.
    private func next(after state: GPUTicketStatus) async throws -> GPUTicketStatus {
        do {
            return try await client.ask(
                .GET, "/queue/\(id)?wait=8&position=\(state.position ?? 0)", for: GPUTicketStatus.self)
        } catch let refused as GPUClient.Refused where refused.status != 404 && refused.status < 500 {
            throw refused.failure
        } catch {
            try await pause()
            do { return try await client.ask(.POST, "/queue", body: order, for: GPUTicketStatus.self) } catch let
                refused
                as GPUClient.Refused where refused.status < 500
            {
                throw refused.failure
            } catch {
                return state
            }
        }
    }

    private func pause() async throws { try await Task.sleep(for: .milliseconds(.random(in: 200...700))) }

    private func show(_ state: GPUTicketStatus, isFirst: Bool) {
        guard !isQuiet, let position = state.position else { return }
        let time =
            state.expected.map { ", about \(GPUTime.text($0)) to go" } ?? obstacle(state).map { ": \($0)" } ?? ""
        Output.message("waiting for \(wish): place \(position) in the queue\(time)")
        if isFirst, let hint { Output.message("hint: \(hint)") }
    }

    /// What is in the way where nobody can tell how long it takes.
    private func obstacle(_ state: GPUTicketStatus) -> String? { state.expected == nil ? state.reason : nil }

    private var wish: String {
        called
            ?? GPURequest(
                count: order.gpus ?? 1, memory: order.memory, shareable: order.share ?? false, card: order.card
            ).description
    }

    /// Tells that the process runs, until the server has heard it.
    /// - Returns: why the process may not go on; nil if it may.
    func started(_ pid: Int32) async -> String? {
        while !Task.isCancelled {
            do {
                _ = try await client.ask(
                    .POST, "/queue/\(id)/started", body: GPUStart(pid: pid), for: GPUTicketStatus.self)
                return nil
            } catch let refused as GPUClient.Refused where refused.status < 500 {
                // Over already, or the server knows nothing of it: then the card may be somebody else's.
                return refused.code == "gpu-no-process" ? nil : refused.sentence
            } catch {
                try? await pause()
            }
        }
        return nil
    }

    /// Gives the lease back; a server that is away finds out by itself.
    /// - Returns: why the lease ended before, if it was taken away.
    func giveBack() async -> String? {
        guard let state = try? await client.ask(.DELETE, "/queue/\(id)", for: GPUTicketStatus.self),
            let end = LeaseEnd(rawValue: state.code ?? ""), end.isFailure
        else { return nil }
        return state.reason
    }
}
