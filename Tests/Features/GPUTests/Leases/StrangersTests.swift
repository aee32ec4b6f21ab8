import Testing

@testable import StewardGPU

@Suite struct StrangersTests {
    @Test func whoHasEndedBeforeTheTableWasReadCountsOnlyIfSeenAgain() {
        var strangers = Strangers()
        func look(_ pids: [Int32], there: Set<Int32> = []) -> [Int32] {
            strangers.among(pids, on: "GPU-0", known: [7]) { there.contains($0) }
        }
        #expect(look([7], there: [7]) == [])
        #expect(look([7, 8], there: [7]) == [], "a short child")
        #expect(look([7, 9], there: [7]) == [], "another one")
        #expect(look([9, 7], there: [7]) == [9], "it stays: a process that is not to be seen from here")
        #expect(look([5], there: [5]) == [5], "one that is there counts at once")
        #expect(look([]) == [])
        #expect(look([9]) == [], "it is new again")
    }

    @Test func beforeTheFirstLookNothingIsKnown() {
        var strangers = Strangers()
        #expect(strangers.among([9], on: "GPU-0", known: []) { _ in false } == [9])
    }
}
