import Testing

@testable import StewardGPU

@Suite struct LeaseTests {
    @Test func theHolderSeesItsCardsByUUID() {
        let ticket = GPUTicket(id: "t1", request: GPURequest(count: 2), caller: "ops", purpose: "/train.py", since: 0)
        let lease = GPULease(ticket: ticket, cards: ["GPU-a", "GPU-b"], granted: 1)
        #expect(lease.environment["CUDA_VISIBLE_DEVICES"] == "GPU-a,GPU-b")
    }

    @Test func aPurposeIsCutByItsBytes() {
        #expect(GPUTicket.purpose("train.py") == "train.py")
        #expect(GPUTicket.purpose(String(repeating: "a", count: 400)).count == 300)
        #expect(GPUTicket.purpose(String(repeating: "é", count: 400)) == String(repeating: "é", count: 150))
        // One character of 4,001 bytes.
        let stacked = "e" + String(repeating: "\u{301}", count: 2000)
        #expect(GPUTicket.purpose(stacked).utf8.count == 299)
    }
}
