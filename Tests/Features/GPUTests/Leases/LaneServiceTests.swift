import Foundation
import Glibc
import Testing

@testable import StewardGPU

@Suite(.serialized) struct LaneServiceTests {
    @Test func leasesGoFromOneToTheNext() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let first = try await shop.service.acquire(shop.ticket())
        #expect(first.environment["CUDA_VISIBLE_DEVICES"] == "GPU-0")
        #expect(first.devices == ["/dev/nvidia4"])
        let service = shop.service
        let waiting = shop.ticket()
        async let second = service.acquire(waiting)
        #expect(
            await shop.until {
                await service.state(waiting.id).map {
                    if case .waiting(let place) = $0 { place.position == 1 } else { false }
                } == true
            })
        await service.release(first)
        #expect(try await second.cards == ["GPU-0"])
    }

    @Test func whoeverCancelsGivesThePlaceUp() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let service = shop.service
        _ = try await service.acquire(shop.ticket())
        let ticket = shop.ticket()
        let waiting = Task { try await service.acquire(ticket) }
        _ = await shop.until { await service.overview().queue.count == 1 }
        waiting.cancel()
        await #expect(throws: LaneRefusal.self) { try await waiting.value }
        #expect(await service.overview().queue.isEmpty)
    }

    @Test func theLeaseEndsWithItsTreeDaemonsIncluded() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let pidFile = shop.standIn.folder.path + "/daemon.pid"
        // The daemon leaves session, parent and SIGTERM behind; only its environment tells whose it is.
        let script =
            "(setsid sh -c 'trap \"\" TERM; echo $$ > \(pidFile); while :; do sleep 1; done' >/dev/null 2>&1 &) ; sleep 0.5"
        let (lease, process) = try await shop.hold(script)
        let daemon = try await readPID(pidFile)
        #expect(isAlive(daemon))
        let next = try await shop.service.acquire(shop.ticket())
        #expect(!isAlive(daemon), "it is gone before the card is handed on")
        #expect(!process.isRunning)
        #expect(next.granted - lease.granted > 0.8, "it had its grace")
        #expect(shop.events.contains("exited, processes: "))
    }

    @Test func aLeaseSurvivesTheServerAndPlacesDoToo() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let (lease, process) = try await shop.hold("exec sleep 60")
        defer { kill(process.processIdentifier, SIGKILL) }
        var early = shop.ticket(by: "bob")
        early.waiter = Processes().process(getpid())
        let late = shop.ticket(by: "bob")
        _ = await shop.service.submit(early)
        _ = await shop.service.submit(late)
        try await shop.restart()
        _ = await shop.until { await shop.service.overview().looked != nil }
        let overview = await shop.service.overview()
        #expect(overview.leases.map(\.lease.id) == [lease.id])
        #expect(overview.leases.first?.lease.holder?.pid == process.processIdentifier)
        #expect(overview.queue.map(\.ticket.id) == [early.id, late.id])
        kill(process.processIdentifier, SIGKILL)
        #expect(
            await shop.until {
                if case .granted = await shop.service.state(early.id) { true } else { false }
            })
    }

    /// The server loads the journal before it listens, and works after: who asks between must not be told that all is over.
    @Test func whatWasLoadedIsKnownBeforeTheLaneWorks() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let (lease, process) = try await shop.hold("exec sleep 60")
        defer { kill(process.processIdentifier, SIGKILL) }
        let waiting = shop.ticket()
        _ = await shop.service.submit(waiting)
        shop.stop()
        let next = try LaneService(settings: shop.settings, folder: shop.folder, library: shop.standIn.path) { _ in }
        await next.load()
        var held = lease
        held.holder = Processes().process(process.processIdentifier)
        #expect(await next.submit(lease.ticket) == .granted(held))
        #expect(await next.isHeld(lease.id))
        #expect(await next.ticket(waiting.id)?.id == waiting.id)
        await next.load()
        #expect(await next.overview().leases.count == 1)
    }

    @Test func aHolderThatEndedMeanwhileLosesItsLeaseAtTheStart() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let (lease, process) = try await shop.hold("exec sleep 60")
        let waiting = shop.ticket()
        _ = await shop.service.submit(waiting)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try await shop.restart()
        #expect(
            await shop.until {
                if case .granted = await shop.service.state(waiting.id) { true } else { false }
            })
        #expect(
            await shop.service.state(lease.id).map { if case .ended(_, .exited) = $0 { true } else { false } } == true)
    }

    @Test func aHolderThatCouldNotReportIsFoundByItsEnvironment() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let ticket = shop.ticket()
        _ = await shop.service.submit(ticket)
        var state = await shop.service.state(ticket.id)
        _ = await shop.until {
            state = await shop.service.state(ticket.id); if case .granted = state { return true } else { return false }
        }
        guard case .granted(let lease) = state else { throw Workshop.Failure(text: "no lease") }
        let process = try shop.shell("exec sleep 60", lease)
        defer { kill(process.processIdentifier, SIGKILL) }
        try await Task.sleep(for: .milliseconds(100))
        try await shop.restart()
        #expect(
            await shop.until {
                await shop.service.overview().leases.first?.lease.holder?.pid == process.processIdentifier
            })
    }

    @Test func aCardThatFallsOffTheBusEndsItsLeaseAndComesBackLater() async throws {
        let shop = try Workshop(cards: 2)
        defer { shop.stop() }
        let (first, process) = try await shop.hold("exec sleep 60")
        #expect(first.cards == ["GPU-0"])
        shop.standIn.cards[0].isLost = true
        try shop.standIn.write()
        #expect(
            await shop.until {
                await shop.service.state(first.id).map { if case .ended(_, .lost) = $0 { true } else { false } } == true
            })
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        let second = try await shop.service.acquire(shop.ticket())
        #expect(second.cards == ["GPU-1"])
        shop.standIn.cards[0].isLost = false
        try shop.standIn.write()
        let third = try await shop.service.acquire(shop.ticket())
        #expect(third.cards == ["GPU-0"])
        #expect(shop.events.contains("lost(") && shop.events.contains("back("))
    }

    @Test func processesOutsideTheLaneKeepTheirCard() async throws {
        let shop = try Workshop(cards: 2)
        defer { shop.stop() }
        shop.standIn.cards[0].pids = [getpid()]
        try shop.standIn.write()
        #expect(await shop.until { await shop.service.overview().cards.first?.card.foreign == [getpid()] })
        let (lease, process) = try await shop.hold("exec sleep 60")
        defer { kill(process.processIdentifier, SIGKILL) }
        #expect(lease.cards == ["GPU-1"])
        shop.standIn.cards[0].pids = []
        shop.standIn.cards[1].pids = [process.processIdentifier]
        try shop.standIn.write()
        #expect(try await shop.service.acquire(shop.ticket()).cards == ["GPU-0"])
        try await Task.sleep(for: .milliseconds(300))
        #expect(await shop.service.overview().cards.map(\.card.foreign) == [[], []], "the holder is no stranger")
    }

    @Test func aStrangersProcessIsNotTakenForAHolder() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let lease = try await shop.service.acquire(shop.ticket())
        await #expect(throws: LaneService.Refusal.notMarked(getpid())) {
            try await shop.service.started(lease.id, pid: getpid(), mustBeMarked: true)
        }
    }

    @Test func withoutALibraryTheAnswerSaysWhy() async throws {
        let service = try LaneService(
            settings: GPUSettings(), folder: FileManager.default.temporaryDirectory.path + "/gpu-\(UUID().uuidString)",
            library: "/nowhere/libnvidia-ml.so.1"
        ) { _ in }
        let work = Task { await service.run() }
        defer { work.cancel() }
        let ticket = GPUTicket(
            id: GPUTicket.makeID(), request: GPURequest(), caller: "ada", purpose: "", since: LaneClock.now)
        await #expect {
            _ = try await service.acquire(ticket)
        } throws: { error in
            (error as? LaneRefusal)?.code == .impossible
        }
    }

    @Test func damagedFilesAndThoseOfAnotherBootAreDropped() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let (lease, process) = try await shop.hold("exec sleep 60")
        defer { kill(process.processIdentifier, SIGKILL) }
        let path = "\(shop.folder)/leases/\(lease.id).json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing(ProcessTable.boot, with: "another").write(toFile: path, atomically: true, encoding: .utf8)
        try "{".write(toFile: "\(shop.folder)/tickets/half.json", atomically: true, encoding: .utf8)
        try await shop.restart()
        #expect(await shop.until { await shop.service.overview().looked != nil })
        #expect(await shop.service.overview().leases.isEmpty)
        #expect(shop.events.contains("dropped: 2"))
    }

    @Test func aDriverThatHangsHoldsUpNobody() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        let first = try await shop.service.acquire(shop.ticket())
        shop.standIn.faults = ["hang nvmlDeviceGetPowerUsage 9000"]
        try shop.standIn.write()
        try await Task.sleep(for: .milliseconds(200))
        let begin = ContinuousClock.now
        await shop.service.release(first)
        _ = try await shop.service.acquire(shop.ticket())
        #expect(ContinuousClock.now - begin < .seconds(6))
    }

    @Test func processesOfAnotherLeaseAreLeftAlone() async throws {
        let shop = try Workshop(cards: 2)
        defer { shop.stop() }
        let (outer, process) = try await shop.hold("sleep 60 & wait")
        let inner = try await shop.service.acquire(shop.ticket())
        // Started by nobody of the first lease, but a child of the same process as its holder.
        let other = try shop.shell("exec sleep 60", inner)
        defer { kill(other.processIdentifier, SIGKILL) }
        try await shop.service.started(inner, pid: other.processIdentifier)
        await shop.service.release(outer)
        #expect(await shop.until { await shop.service.overview().leases.map(\.lease.id) == [inner.id] })
        #expect(!isAlive(process.processIdentifier) && isAlive(other.processIdentifier))
    }

    @Test func aGrantWhoseWaiterIsGoneEndsSoon() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        _ = await shop.until { await shop.service.overview().looked != nil }
        var ticket = shop.ticket()
        ticket.waiter = GPUProcess(pid: getpid(), started: 1)
        _ = await shop.service.submit(ticket)
        #expect(
            await shop.until {
                await shop.service.state(ticket.id).map { if case .ended(_, .unused) = $0 { true } else { false } }
                    == true
            })
    }

    @Test func aLeaseOutlivesARestartDuringWhichItsCardDoesNotAnswer() async throws {
        let shop = try Workshop(cards: 2)
        defer { shop.stop() }
        let (lease, process) = try await shop.hold("exec sleep 60")
        defer { kill(process.processIdentifier, SIGKILL) }
        shop.standIn.faults = ["error nvmlDeviceGetHandleByIndex_v2 0 10"]
        try shop.standIn.write()
        try await shop.restart()
        #expect(try await shop.service.acquire(shop.ticket()).cards == ["GPU-1"])
        try await Task.sleep(for: .milliseconds(500))
        #expect(await shop.service.overview().leases.contains { $0.lease.id == lease.id && $0.phase == "held" })
        shop.standIn.faults = []
        try shop.standIn.write()
        #expect(await shop.until { await shop.service.overview().cards.map(\.card.isUnseen) == [false, false] })
        #expect(process.isRunning)
    }

    /// It fell off the bus before the server started, which doesn't know it.
    @Test func aCardThatIsLostAtTheStartComesLater() async throws {
        let shop = try Workshop(cards: 1)
        defer { shop.stop() }
        shop.standIn.cards[0].isLost = true
        try shop.standIn.write()
        try await shop.restart()
        #expect(await shop.until { await shop.service.overview().looked != nil })
        #expect(await shop.service.overview().cards.isEmpty)
        shop.standIn.cards[0].isLost = false
        try shop.standIn.write()
        #expect(await shop.until { await shop.service.overview().cards.map(\.card.card.uuid) == ["GPU-0"] })
    }
}
