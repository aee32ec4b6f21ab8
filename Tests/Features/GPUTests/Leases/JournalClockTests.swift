import Foundation
import Testing

@testable import StewardGPU

/// The time of day is set while no server runs.
@Suite struct JournalClockTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)").path
    private let ticket = GPUTicket(
        id: "0123456789abcdef", request: GPURequest(), caller: "ada", purpose: "", since: 2000, patience: 60)

    private func journal(_ clock: Double) throws -> LaneJournal { try LaneJournal(folder: folder, clock: clock) }

    @Test(arguments: [-5000.0, 0, 5000]) func momentsGoWithTheClock(step: Double) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let before = try journal(1000)
        try before.save(ticket)
        var other = ticket
        other.id = "fedcba9876543210"
        try before.save(GPULease(ticket: other, cards: ["GPU-0"], granted: 2100))
        var memory = LaneJournal.Memory()
        memory.accounts = ["ada": CallerUsage(at: 2200)]
        try before.save(memory)
        let content = try journal(1000 + step).load()
        #expect(content.tickets.map(\.since) == [2000 + step])
        #expect(content.leases.map(\.granted) == [2100 + step])
        #expect(content.leases.map(\.ticket.since) == [2000 + step])
        #expect(content.memory.accounts["ada"]?.at == 2200 + step)
    }

    @Test func filesOfBeforeAreRead() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try journal(1000)
        try journal.save(ticket)
        try journal.save(LaneJournal.Memory(accounts: ["ada": CallerUsage(at: 2200)]))
        for path in ["\(folder)/tickets/\(ticket.id).json", "\(folder)/lane.json"] {
            let data = try #require(FileManager.default.contents(atPath: path))
            var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect(object.removeValue(forKey: "clock") != nil)
            try JSONSerialization.data(withJSONObject: object).write(to: URL(filePath: path))
        }
        let content = try self.journal(9000).load()
        #expect(content.tickets.map(\.since) == [2000] && content.dropped == 0)
        #expect(content.memory.accounts["ada"]?.at == 2200)
    }
}
