import Foundation
import StewardDNS
import Testing

@testable import StewardDANE

/// A shell script with nsupdate as the user's program.
@Suite(.serialized) struct ProgramPublisherTests {
    static let (k1, k2) = (TestPrimary.data(1), TestPrimary.data(2))

    private func publisher(_ primary: TestPrimary, _ script: String) throws -> ProgramPublisher {
        let path = try primary.write("publish", "#!/bin/sh\n" + script)
        chmod(path, 0o755)
        var publisher = ProgramPublisher(words: [path, "mine"], servers: [primary.server], exchange: primary.client)
        publisher.patience = .seconds(2)
        return publisher
    }

    @Test("It gets words, environment and JSON, and what it does is seen")
    func works() async throws {
        let primary = try await TestPrimary()
        let publisher = try publisher(
            primary,
            """
            cat > \(primary.folder)/input; echo "$@" > \(primary.folder)/words
            { echo "server 127.0.0.1 \(primary.server.port)"; echo "$STEWARD_ADD" | sed "s/^/add $4 $5 IN TLSA /"; echo send; } |
              nsupdate -k \(primary.folder)/steward.key
            """)
        try await publisher.publish(.test([], add: [Self.k1]))
        #expect(try await primary.served().records == [Self.k1])
        #expect(try primary.read("words") == "mine set example. _25._tcp.mail.example. 3600\n")
        let input = try JSONDecoder().decode(ProgramPublisher.Input.self, from: Data(try primary.read("input").utf8))
        #expect(input.wanted == [Self.k1.description] && input.ttl == 3600 && input.present == [])
    }

    @Test("One that ends well and publishes nothing, fails, or hangs, is told apart")
    func failures() async throws {
        let primary = try await TestPrimary()
        let change = RRsetChange.test([], add: [Self.k1])
        #expect(await (try publisher(primary, "exit 0")).failure(change)?.code == "not-served")
        let failed = await (try publisher(primary, "echo 'no such zone' >&2; exit 3")).failure(change)
        #expect(failed?.code == "program-failed" && failed?.text.contains("exit status 3: no such zone") == true)
        #expect(await (try publisher(primary, "exit 75")).failure(change)?.code == "conflict")
        var slow = try publisher(primary, "sleep 30")
        slow.seconds = 0.5
        #expect(await slow.failure(change)?.code == "program-failed")
        slow.words = ["/nowhere/publish"]
        #expect(await slow.failure(change)?.text.contains("no program") == true)
    }
}
