import Foundation
import Glibc
import Testing

@testable import StewardGPU

/// What the lane does where something it needs fails.
@Suite(.serialized) struct LaneTroubleTests {
    @Test func whereProcessesCantBeSeenNothingEndsAndNothingIsHandedOn() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let (lease, process) = try await shop.hold("exec sleep 60")
        defer { kill(process.processIdentifier, SIGKILL) }
        var waiting = shop.ticket(by: "bob")
        waiting.waiter = Processes().process(getpid())
        _ = await shop.service.submit(waiting)
        try shop.blind(true)
        #expect(await shop.until { shop.events.contains("unseen(") })
        try await Task.sleep(for: .milliseconds(600))
        #expect(await shop.service.overview().leases.map(\.phase) == ["held"])
        #expect(await shop.service.overview().queue.map(\.ticket.id) == [waiting.id])
        await shop.service.release(lease)
        try await Task.sleep(for: .milliseconds(600))
        #expect(await shop.service.overview().leases.map(\.phase) == ["ending"])
        #expect(isAlive(process.processIdentifier))
        try shop.blind(false)
        #expect(await shop.until { await shop.service.isGranted(waiting.id) })
        #expect(!isAlive(process.processIdentifier))
        #expect(shop.events.count("unseen(") == 1 && shop.events.count("seen") == 2)
    }

    @Test func aHolderWhoseFirstThreadEndedKeepsItsCard() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let lease = try await shop.service.acquire(shop.ticket())
        let process = try headless(lease.environment)
        defer { kill(process.processIdentifier, SIGKILL) }
        #expect(await isHeadless(process.processIdentifier))
        try await shop.service.started(lease.id, pid: process.processIdentifier, mustBeMarked: false)
        try await Task.sleep(for: .milliseconds(600))
        #expect(await shop.service.overview().leases.map(\.phase) == ["held"])
        await shop.service.release(lease)
        #expect(await shop.until { await shop.service.overview().leases.isEmpty })
        #expect(!isAlive(process.processIdentifier))
    }

    @Test func whatCantBeWrittenDownIsNotHandedOutAndNobodyLosesThePlace() async throws {
        let shop = try Workshop(cards: 2)
        defer { shop.stop() }
        _ = await shop.until { await shop.service.overview().looked != nil }
        let leases = shop.folder + "/leases"
        try FileManager.default.moveItem(atPath: leases, toPath: leases + ".away")
        let tickets = [shop.ticket(by: "ada"), shop.ticket(by: "bob"), shop.ticket(by: "eve")]
        for ticket in tickets { _ = await shop.service.submit(ticket) }
        try await Task.sleep(for: .milliseconds(1500))
        let overview = await shop.service.overview()
        #expect(overview.leases.isEmpty)
        #expect(overview.queue.map(\.ticket.id) == tickets.map(\.id))
        #expect(overview.queue.allSatisfy { $0.reason.contains("\(leases) can't be written") && $0.wait == nil })
        #expect(shop.events.count("unwritten(") == 1)
        try FileManager.default.moveItem(atPath: leases + ".away", toPath: leases)
        #expect(await shop.until { await shop.service.overview().leases.count == 2 })
        #expect(await shop.service.overview().queue.map(\.ticket.id) == [tickets[2].id])
        #expect(shop.events.contains("written"))
        let places = try FileManager.default.contentsOfDirectory(atPath: shop.folder + "/tickets")
        #expect(places == ["\(tickets[2].id).json"])
    }

    @Test func aLeaseThatEndsIsGrantedToNobody() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let ready = shop.standIn.folder.path + "/ready"
        let (lease, process) = try await shop.hold(
            "trap '' TERM; echo $$ > \(ready); while :; do sleep 0.05; done")
        defer { kill(process.processIdentifier, SIGKILL) }
        _ = try await readPID(ready)
        let held = try #require(await shop.service.overview().leases.first?.lease)
        await shop.service.end(lease.id, .revoked)
        #expect(await shop.service.state(lease.id) == .ending(held, .revoked))
        #expect(await shop.service.submit(lease.ticket) == .ending(held, .revoked))
        await #expect(throws: LaneRefusal.self) { try await shop.service.acquire(lease.ticket) }
        await #expect(throws: LaneService.Refusal.notHeld) {
            try await shop.service.started(lease, pid: process.processIdentifier)
        }
        #expect(
            await shop.until {
                await shop.service.state(lease.id) == .ended(held, .revoked)
            })
    }

    @Test func whoeverIsRefusedIsForgotten() async throws {
        let service = try LaneService(
            settings: GPUSettings(), folder: FileManager.default.temporaryDirectory.path + "/gpu-\(UUID().uuidString)",
            library: "/nowhere/libnvidia-ml.so.1"
        ) { _ in }
        let work = Task { await service.run() }
        defer { work.cancel() }
        for _ in 0..<3 {
            let ticket = GPUTicket(
                id: GPUTicket.makeID(), request: GPURequest(), caller: "ada", purpose: "", since: LaneClock.now)
            await #expect(throws: LaneRefusal.self) { try await service.acquire(ticket) }
            _ = await service.submit(ticket)
            _ = await service.state(ticket.id, known: nil, within: .milliseconds(1))
        }
        _ = await service.state("unheard-of", known: nil, within: .milliseconds(1))
        #expect(await service.own.isEmpty)
        #expect(await service.asked.isEmpty)
    }

    @Test func whoeverWaitsWhenTheLaneStopsGetsNothingLater() async throws {
        let shop = try Workshop(cards: 1)
        let service = shop.service
        let first = try await service.acquire(shop.ticket())
        let ticket = shop.ticket()
        let waiting = Task { try await service.acquire(ticket) }
        let outside = shop.ticket(by: "bob")
        _ = await service.submit(outside)
        #expect(await shop.until { await service.overview().queue.count == 2 })
        shop.stop()
        await #expect(throws: LaneRefusal.self) { try await waiting.value }
        #expect(await service.overview().queue.map(\.ticket.id) == [outside.id])
        await service.release(first)
        #expect(await service.overview().queue.map(\.ticket.id) == [outside.id])
        #expect(await service.overview().leases.isEmpty)
    }

    @Test func whatDoesNotEndIsLookedAtLessOften() {
        var clearing = LaneService.Clearing(since: 10, due: 10)
        #expect(clearing.pause(now: 10.5) == 0)
        #expect(clearing.pause(now: 11.5) == 0.2)
        clearing.isStuck = true
        #expect(clearing.pause(now: 30) == 2)
    }
}

extension LaneService {
    func isGranted(_ id: String) -> Bool { if case .granted = state(id) { true } else { false } }
}
