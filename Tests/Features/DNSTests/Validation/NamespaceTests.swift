import Foundation
import Testing

@testable import StewardDNS

/// Looking up from the root on needs name servers at port 53: the test program starts itself again in a network namespace
/// of its own, where it may have them.
@Suite struct NamespaceTests {
    private static let mark = "STEWARD_TEST_NAMESPACE"
    private static var isInside: Bool { ProcessInfo.processInfo.environment[mark] != nil }
    private static let isRoot = getuid() == 0

    @Test(.enabled(if: isRoot && !isInside, "a network namespace needs root"))
    func lookingUpFromTheRootOnWorksInANetworkNamespace() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = [
            "--net", "--mount", "/bin/sh", "-c",
            "ip link set lo up && exec \"$0\" --testing-library swift-testing --no-parallel --filter NamespaceTests",
            try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
        ]
        process.environment = ProcessInfo.processInfo.environment.merging([Self.mark: "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("FromTheRootOn() passed"), "\(text)")
    }

    @Test(.enabled(if: isInside)) func answersAreToldApartFromTheRootOn() async throws {
        try await SignedRoot.with(port: 53) { root in
            let validator = try Validator(ValidatorOptions(rootHints: root.hints, anchor: root.anchor))
            try await ValidatorTests.judge(validator)

            let servers = ZoneServers(resolver: validator, exchange: DNSClient())
            let owner = try #require(DomainName("_25._tcp.a.test"))
            let zone = try await servers.zone(of: owner)
            #expect(zone == DomainName("test"))
            #expect(try await servers.zone(of: DomainName("x.y.a.insecure.test")!) == DomainName("insecure.test"))
            #expect(try await servers.zone(of: DomainName("alias.test")!) == DomainName("test"))
            let places = try await servers.places(of: zone)
            #expect(places == [ZoneServers.Place(name: "ns.test", server: NameServer("127.0.0.1"))])
            let answers = try await servers.ask(zone, [.init(owner, .tlsa)])
            #expect(answers.count == 1 && answers[0].failure == nil && answers[0].name == "ns.test")
            #expect(answers[0].sets[.init(owner, .tlsa)]?.records.count == 1)
        }
    }

    @Test(.enabled(if: isInside)) func withoutTheInternetItIsSaidWhatToDo() async throws {
        let validator = try Validator(ValidatorOptions(timeout: .seconds(5)))
        let resolution = await validator.resolve(DomainName("example.com")!, .a)
        guard case .failed(let text) = resolution.security else {
            Issue.record("\(resolution)")
            return
        }
        #expect(text.contains("dane.resolver.forward"), "\(text)")
    }
}
