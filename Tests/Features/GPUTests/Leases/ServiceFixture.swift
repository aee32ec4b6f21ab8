import Foundation
import Glibc
import Synchronization
import Testing

@testable import StewardGPU

/// A lane at work on a stand-in NVML; `restart` is what a crash of the server and a new start make of it.
final class Workshop {
    let standIn: StandIn
    let folder: String
    var settings = GPUSettings()
    private(set) var service: LaneService
    private var work: Task<Void, Never>
    let events = Events()

    final class Events: Sendable {
        private let list = Mutex<[String]>([])
        func add(_ event: LaneEvent) { list.withLock { $0.append("\(event)") } }
        func contains(_ text: String) -> Bool { count(text) > 0 }
        func count(_ text: String) -> Int { list.withLock { $0.count { $0.contains(text) } } }
    }

    init(cards: Int, change: (inout GPUSettings) -> Void = { _ in }) throws {
        standIn = try StandIn(cards)
        folder = standIn.folder.path + "/gpu"
        settings.interval = .milliseconds(100)
        settings.grace = .milliseconds(400)
        change(&settings)
        try Self.link(standIn, to: "/proc")
        service = try Self.make(settings, folder, standIn, events)
        work = Task { [service] in await service.run() }
    }

    private static func make(
        _ settings: GPUSettings, _ folder: String, _ standIn: StandIn, _ events: Events
    ) throws -> LaneService {
        try LaneService(
            settings: settings, folder: folder, library: standIn.path, restartPause: 0.2,
            processes: Processes(root: standIn.folder.path + "/proc")
        ) { events.add($0) }
    }

    private static func link(_ standIn: StandIn, to target: String) throws {
        let path = standIn.folder.path + "/proc"
        unlink(path)
        guard symlink(target, path) == 0 else { throw Failure(text: "no link") }
    }

    /// From now on /proc can't be read, as where no descriptor is left; or can again.
    func blind(_ isBlind: Bool) throws { try Self.link(standIn, to: isBlind ? "proc" : "/proc") }

    func restart(pause: Duration = .milliseconds(50)) async throws {
        work.cancel()
        await work.value
        try await Task.sleep(for: pause)
        service = try Self.make(settings, folder, standIn, events)
        work = Task { [service] in await service.run() }
    }

    func stop() { work.cancel() }

    func ticket(_ request: GPURequest = GPURequest(), by caller: String = "ada", patience: Double? = nil) -> GPUTicket {
        GPUTicket(
            id: GPUTicket.makeID(), request: request, caller: caller, purpose: "test", since: LaneClock.now,
            patience: patience)
    }

    /// A lease of its own, held by a shell that runs `script`.
    func hold(_ script: String, _ request: GPURequest = GPURequest()) async throws -> (GPULease, Process) {
        let ticket = ticket(request)
        var state: TicketState? = await service.submit(ticket)
        for _ in 0..<100 {
            if case .granted = state { break }
            state = await service.state(ticket.id, known: nil, within: .milliseconds(100))
        }
        guard case .granted(let lease) = state else { throw Failure(text: "no lease: \(state as Any)") }
        let process = try shell(script, lease)
        try await service.started(lease.id, pid: process.processIdentifier, mustBeMarked: true)
        return (lease, process)
    }

    func shell(_ script: String, _ lease: GPULease) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.environment = ProcessInfo.processInfo.environment.merging(lease.environment) { $1 }
        try process.run()
        return process
    }

    /// Waits until `condition` holds, twenty seconds at most unless told otherwise.
    func until(_ limit: Duration = .seconds(300), _ condition: () async -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    struct Failure: Error { var text: String }
}

func isAlive(_ pid: Int32) -> Bool { Processes().process(pid) != nil }

func readPID(_ path: String) async throws -> Int32 {
    for _ in 0..<250 {
        if let text = try? String(contentsOfFile: path, encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
            return pid
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw Workshop.Failure(text: "\(path) never held a pid")
}
