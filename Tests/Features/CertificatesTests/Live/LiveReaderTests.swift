import Foundation
import Testing

@testable import StewardCertificates

@Suite("Everything that the running machine shows")
struct LiveReaderTests {
    private func settings(_ folder: String) -> LiveSettings {
        var settings = LiveSettings()
        settings.root = "\(folder)/no-root"
        settings.copyFolders = [folder]
        settings.deadline = .seconds(20)
        return settings
    }

    @Test("with another root only copies are looked for")
    func otherRoot() async throws {
        let (tree, scratch) = (try InventoryTree(), try LiveScratch())
        let issued = try tree.add("mail.example")
        let file = try scratch.write("copy.pem", issued.cert)
        let report = await LiveReader(settings(scratch.path)).read(tree.read())
        #expect(report.evidence.map(\.place.text) == [file])
        #expect(report.names.isEmpty)
        #expect(!report.looked.contains { $0.hasPrefix("port") })
    }

    @Test("names in digits and of this machine lead here, wildcards nowhere by themselves")
    func names() async {
        let reader = NameReader(own: ["192.0.2.7"])
        let facts = await reader.read(["localhost", "192.0.2.7", "192.0.2.8", "*.example", "127.0.0.1"])
        #expect(facts.map(\.name) == ["localhost", "192.0.2.7", "192.0.2.8", "*.example", "127.0.0.1"])
        guard case .here = facts[0].resolution else { return #expect(Bool(false), "\(facts[0])") }
        #expect(facts[1].resolution == .here(addresses: ["192.0.2.7"]))
        #expect(facts[2].resolution == .elsewhere(addresses: ["192.0.2.8"]))
        guard case .unknown = facts[3].resolution else { return #expect(Bool(false), "\(facts[3])") }
        #expect(facts[4].resolution == .here(addresses: ["127.0.0.1"]))
    }

    @Test("every first name is asked for before the others, each once")
    func order() throws {
        let tree = try InventoryTree()
        try tree.add("a.example", names: ["a.example", "www.a.example", "c.example"])
        try tree.add("b.example", names: ["b.example", "www.a.example"])
        #expect(LiveReader.names(of: tree.read()) == ["a.example", "b.example", "www.a.example", "c.example"])
    }

    @Test("mounts of containers count where they concern a tree, certbot's own doesn't")
    func mounts() async throws {
        let tree = try InventoryTree()
        let live = "\(tree.path)/live/mail.example"
        let mounts = [
            ContainerMount(container: "web", source: live, destination: "/certs"),
            ContainerMount(container: "all", source: tree.path, destination: "/le"),
            ContainerMount(container: "acme", source: tree.path, destination: "/le", image: "certbot/certbot:latest"),
            ContainerMount(container: "db", source: "/var/lib/postgresql", destination: "/data"),
        ]
        let report = await LiveReader(containers: { mounts }).mounts(tree.read())
        #expect(report.evidence.map(\.place.text) == ["container web: /certs", "container all: /le"])
        #expect(report.evidence.map(\.target) == [.path(live), .path(tree.path)])
    }

    @Test("TLSA digests of SHA-256 are signs for the key or the certificate")
    func records() async throws {
        let tree = try InventoryTree()
        try tree.add("mail.example")
        let digest = [UInt8](repeating: 7, count: 32)
        let reader = LiveReader(tlsa: { name, port, _ in
            guard name == "mail.example", port == 25 else { return [] }
            return [
                TLSADigest(selector: 1, matching: 1, bytes: digest),
                TLSADigest(selector: 0, matching: 1, bytes: digest),
                TLSADigest(selector: 1, matching: 2, bytes: digest), TLSADigest(selector: 1, matching: 1, bytes: [1]),
            ]
        })
        let report = await reader.records(tree.read())
        #expect(report.evidence.map(\.target) == [.spki(Fingerprint(digest)), .fingerprint(Fingerprint(digest))])
        #expect(report.evidence.first?.place.text == "_25._tcp.mail.example TLSA")
    }

    @Test("a part that isn't done in time is unread and not waited for")
    func deadline() async {
        let begun = ContinuousClock.now
        let report = await LiveReader.bounded("slow part", .milliseconds(100), grace: .milliseconds(100)) {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().asyncAfter(deadline: .now() + 3) {
                    continuation.resume(returning: EvidenceReport())
                }
            }
        }
        #expect(report.unread.map(\.place) == ["slow part"])
        #expect(ContinuousClock.now - begun < .seconds(2))
    }
}
