import Testing

@testable import StewardGPU

@Suite struct LeaseTests {
    @Test func theHolderSeesItsCardsByUUID() {
        let ticket = GPUTicket(id: "t1", request: GPURequest(count: 2), caller: "ops", purpose: "/train.py", since: 0)
        let lease = GPULease(ticket: ticket, cards: ["GPU-a", "GPU-b"], granted: 1)
        #expect(lease.environment["CUDA_VISIBLE_DEVICES"] == "GPU-a,GPU-b")
    }
}
