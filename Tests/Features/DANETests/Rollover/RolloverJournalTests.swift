import StewardDANE
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct RolloverJournalTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/journal-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func state(_ number: Int = 1) -> RolloverState {
        var state = RolloverState(since: Simulated.date(Double(number)))
        state.phase = .settling(since: Simulated.date(1.123456789), until: Simulated.date(2))
        state.current = Simulated.credential(key: number, certificate: number, from: 0, days: 9)
        state.own = ["_25._tcp.mail.example.": state.current?.records ?? []]
        return state
    }

    @Test func stateComesBackAsItWasSaved() throws {
        try inFolder { path in
            let journal = RolloverJournal(try DurableFolder.making(path))
            #expect(try journal.load() == .init())
            try journal.save(state(), at: Simulated.date(5), text: "deploys K1")
            #expect(try RolloverJournal(try DurableFolder(path: path)).load() == .init(state: state()))
            #expect(journal.history().map(\.text) == ["deploys K1"])
        }
    }

    @Test func damagedStateIsSetAsideAndTheHistoryKnowsWhatIsOurs() throws {
        try inFolder { path in
            let folder = try DurableFolder.making(path)
            let journal = RolloverJournal(folder)
            try journal.save(state(), at: Simulated.date(5), text: "deploys K1")
            try folder.replace("state.json", Array("{\"phase\":".utf8))
            let content = try journal.load()
            #expect(content.state?.own == state().own)
            #expect(content.state?.phase == .steady)
            #expect(content.damage?.contains("state.json.damaged.1") == true)
            #expect(try folder.read("state.json.damaged.1") != nil)
            #expect(try journal.load() == .init())
        }
    }

    @Test func lineCutByACrashTakesNoOtherWithIt() throws {
        try inFolder { path in
            let folder = try DurableFolder.making(path)
            let journal = RolloverJournal(folder)
            try journal.save(state(), at: Simulated.date(5), text: "one")
            let bytes = try folder.read("history.jsonl") ?? []
            try folder.replace("history.jsonl", bytes + Array("{\"at\":12".utf8))
            try journal.save(state(), at: Simulated.date(6), text: "two")
            #expect(journal.history().map(\.text) == ["one", "two"])
        }
    }

    @Test func historyIsBounded() throws {
        try inFolder { path in
            let journal = RolloverJournal(try DurableFolder.making(path), limit: 4000)
            for number in 0..<40 { try journal.save(state(), at: Simulated.date(Double(number)), text: "\(number)") }
            let texts = journal.history(last: 5).map(\.text)
            #expect(texts == ["35", "36", "37", "38", "39"])
            #expect(journal.history(last: 1000).count < 20)
        }
    }

    @Test func oneAtATimeHoldsTheLockAndIsNamed() throws {
        try inFolder { path in
            let folder = try DurableFolder.making(path)
            var lock: RolloverLock? = try RolloverLock(folder)
            let refusal = #expect(throws: DANERefusal.self) { try RolloverLock(folder) }
            #expect(refusal?.code == "busy")
            #expect(refusal?.text.contains("pid \(ProcessInfo.processInfo.processIdentifier)") == true)
            #expect(lock != nil)
            lock = nil
            _ = try RolloverLock(folder)
        }
    }
}
