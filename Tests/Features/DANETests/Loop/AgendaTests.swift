import Testing

@testable import StewardDANE

@Suite struct AgendaTests {
    private let start = ContinuousClock.now
    private func at(_ seconds: Int) -> Agenda.Instant { start + .seconds(seconds) }

    @Test func allAreDueAtTheBeginningAndRoomIsKept() {
        var agenda = Agenda(count: 5, mostAtOnce: 2, at: start)
        #expect(agenda.begin(at: start) == [0, 1])
        #expect(agenda.next == nil && agenda.begin(at: start).isEmpty, "there is no room")
        agenda.finish(0, next: at(60), at: at(1))
        #expect(agenda.next == start)
        #expect(agenda.begin(at: at(1)) == [2])
    }

    @Test func theLongestOverdueBegins() {
        var agenda = Agenda(count: 3, mostAtOnce: 1, at: start)
        for (index, next) in [(0, 30), (1, 20), (2, 10)] {
            #expect(agenda.begin(at: at(index)) == [index])
            agenda.finish(index, next: at(next), at: at(index))
        }
        #expect(agenda.next == at(10) && agenda.begin(at: at(9)).isEmpty)
        #expect(agenda.begin(at: at(40)) == [2])
    }

    @Test func whoIsWokenBeginsAtOnce() {
        var agenda = Agenda(count: 2, mostAtOnce: 2, at: start)
        for index in agenda.begin(at: start) { agenda.finish(index, next: at(300), at: at(1)) }
        agenda.wake(1, at: at(5))
        #expect(agenda.next == at(5) && agenda.begin(at: at(5)) == [1])
        // A second wake doesn't put it off.
        agenda.wake(0, at: at(6))
        agenda.wake(0, at: at(7))
        #expect(agenda.next == at(6))
    }

    @Test func whoIsWokenDuringItsTurnHasAnother() {
        var agenda = Agenda(count: 1, mostAtOnce: 1, at: start)
        #expect(agenda.begin(at: start) == [0])
        agenda.wakeAll(at: at(1))
        #expect(agenda.begin(at: at(1)).isEmpty)
        agenda.finish(0, next: at(300), at: at(2))
        #expect(agenda.begin(at: at(2)) == [0])
        agenda.finish(0, next: at(300), at: at(3))
        #expect(agenda.begin(at: at(4)).isEmpty && agenda.next == at(300))
    }
}
