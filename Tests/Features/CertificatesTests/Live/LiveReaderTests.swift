import Crypto
import Foundation
import StewardDNS
import StewardProbe
import Synchronization
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

    private func here(_ name: String) -> NameFacts {
        NameFacts(name: name, resolution: .here(addresses: ["127.0.0.1"]))
    }

    @Test("TLSA records are signs for the key or the certificate, whole or by digest")
    func records() async throws {
        let tree = try InventoryTree()
        try tree.add("mail.example")
        let inventory = tree.read()
        let lineage = try #require(inventory.lineages.first), facts = try #require(lineage.certificate)
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: "\(tree.path)/archive/mail.example/cert1.pem")))
        let der = try #require(PEM.blocks(bytes, limit: 1).first?.der)
        let key = try #require(CertificateReader.publicKey(der: der).map(Array.init))
        #expect(Fingerprint(sha256: key[...]) == facts.spki)
        let long = (Array(SHA512.hash(data: der)), Array(SHA512.hash(data: key)))
        let whole = Evidence.Target.fingerprint(facts.fingerprint)
        let spki = Evidence.Target.spki(facts.spki)
        func record(_ selector: UInt8, _ matching: UInt8, _ bytes: [UInt8]) -> TLSA {
            TLSA(selector: selector, matching: matching, bytes: bytes)
        }
        var cases: [(TLSA, [Evidence.Target])] = []
        cases.append((record(0, 0, der), [whole]))
        cases.append((record(0, 1, facts.fingerprint.bytes), [whole]))
        cases.append((record(0, 2, long.0), [whole]))
        cases.append((record(1, 0, key), [spki]))
        cases.append((record(1, 1, facts.spki.bytes), [spki]))
        cases.append((record(1, 2, long.1), [spki]))
        cases.append((record(1, 2, facts.spki.bytes), []))
        cases.append((record(2, 1, facts.spki.bytes), []))
        cases.append((record(1, 1, [1]), []))
        for (record, target) in cases {
            let reader = LiveReader(tlsa: { name, port, _ in
                .records(name == "mail.example" && port == 25 ? [record, record] : [])
            })
            let report = await reader.records(inventory, [here("mail.example")])
            let targets: [Evidence.Target] = report.evidence.map { $0.target }
            #expect(targets == target, "\(record)")
            #expect(
                report.unread.isEmpty && report.evidence.allSatisfy { $0.place.text == "_25._tcp.mail.example TLSA" })
        }
    }

    @Test("only names that lead somewhere are asked about, and silence hides no use")
    func recordsOfNames() async throws {
        let tree = try InventoryTree()
        try tree.add("mail.example")
        let asked = Mutex<Set<String>>([])
        let names = [
            here("here.example"), NameFacts(name: "away.example", resolution: .elsewhere(addresses: ["192.0.2.1"])),
            NameFacts(name: "gone.example", resolution: .nowhere),
            NameFacts(name: "dark.example", resolution: .unknown("no answer")),
        ]
        let source: LiveReader.TLSASource = { name, port, _ in
            if port == 25 { asked.withLock { _ = $0.insert(name) } }
            return .unknown("no name server answered")
        }
        let report = await LiveReader(tlsa: source).records(tree.read(), names)
        #expect(asked.withLock { $0 } == ["here.example", "away.example"])
        #expect(report.unread.map(\.mayHoldUse) == [false] && report.evidence.isEmpty)
        #expect(report.unread.first?.reason.contains("away.example") == true)
        var settings = LiveSettings()
        settings.probes = false
        #expect(await LiveReader(settings, tlsa: source).records(tree.read(), names).looked.isEmpty)
    }

    @Test("a part that isn't done in time is unread and not waited for", .timeLimit(.minutes(10)))
    func deadline() async {
        let (pending, end) = AsyncStream.makeStream(of: Void.self)
        let report = await LiveReader.bounded("slow part", .milliseconds(100), grace: .milliseconds(100)) {
            // A task of its own, which isn't cancelled: the part goes on until the test says so.
            await Task { for await _ in pending {} }.value
            return EvidenceReport()
        }
        #expect(report.unread.map(\.place) == ["slow part"])
        end.finish()
    }
}
