import Foundation
import Testing

@testable import StewardCertificates
@testable import StewardProbe

@Suite("What ports serve")
struct LiveServedTests {
    private func der(_ issued: InventoryAuthority.Issued) throws -> [UInt8] {
        try #require(PEM.blocks(Array(issued.cert.utf8)).first?.der)
    }

    private func endpoint(_ cgroup: String = "0::/system.slice/nginx.service\n") -> ServedReader.Endpoint {
        ServedReader.Endpoint(
            address: "127.0.0.1", port: 443, dialect: .tls, label: ":443",
            holder: UsingProcess(id: 812, comm: "nginx\n", cgroup: cgroup))
    }

    @Test("the newest certificate is a sign of use with its fingerprint, port, name and process")
    func current() throws {
        let tree = try InventoryTree()
        let issued = try tree.add("mail.example")
        let served = ServedReader.Served(endpoint: endpoint(), leaf: try der(issued), names: ["mail.example"])
        let report = ServedFindings(known: KnownCertificates(tree.read())).report([served])
        let facts = try #require(tree.lineage("mail.example")?.certificate)
        #expect(
            report.evidence == [
                Evidence(
                    .served, at: Place(":443"), target: .fingerprint(facts.fingerprint),
                    detail: "SNI mail.example; nginx (pid 812, nginx.service)")
            ])
        #expect(report.findings.isEmpty)
    }

    @Test("an older version is a forgotten reload and names what must be reloaded")
    func stale() throws {
        let tree = try InventoryTree()
        let old = try tree.add("mail.example")
        _ = try tree.renew("mail.example", version: 2)
        let known = KnownCertificates(tree.read())
        let served = ServedReader.Served(endpoint: endpoint(), leaf: try der(old), names: [])
        let report = ServedFindings(known: known).report([served])
        #expect(report.evidence.map(\.target) == [.path("\(tree.path)/archive/mail.example/cert1.pem")])
        let finding = try #require(report.findings.first)
        #expect(finding.code == "stale-served")
        #expect(finding.severity == .problem)
        #expect(finding.text.contains("version 1 of mail.example"))
        #expect(finding.text.contains("systemctl reload nginx.service"))
        let id = String(repeating: "a1", count: 32)
        let inside = ServedReader.Served(
            endpoint: endpoint("0::/system.slice/docker-\(id).scope\n"), leaf: try der(old), names: [])
        let text = ServedFindings(known: known).report([inside]).findings.first?.text ?? ""
        #expect(text.contains("docker kill -s HUP a1a1a1a1a1a1"))
    }

    @Test("a certificate of no lineage is told by both digests, so that one in quarantine is found")
    func stranger() throws {
        let tree = try InventoryTree()
        try tree.add("mail.example")
        let other = InventoryAuthority.shared.issue(["other.example"])
        let served = ServedReader.Served(endpoint: endpoint(), leaf: try der(other), names: [])
        let report = ServedFindings(known: KnownCertificates(tree.read())).report([served])
        #expect(report.evidence.count == 2)
        #expect(report.findings.isEmpty)
    }

    @Test("bytes that are no certificate are unread")
    func garbage() {
        let served = ServedReader.Served(endpoint: endpoint(), leaf: [1, 2, 3], names: [])
        let report = ServedFindings(known: KnownCertificates(Inventory())).report([served])
        #expect(report.unread.count == 1)
    }

    @Test("the kernel's tables give listeners; only usual ports are asked, each own address once")
    func endpoints() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1
               1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 102 1
               2: 0100007F:270F 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 103 1
               3: 0100007F:0019 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 104 1
               4: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 105 1
            """
        let listeners = Listener.parse(table)
        #expect(listeners.map(\.port) == [25, 5_432, 9_999, 443])
        #expect(listeners.map(\.address) == ["0.0.0.0", "127.0.0.1", "127.0.0.1", "::"])
        let holder = UsingProcess(id: 9, comm: "master", cgroup: "")
        let endpoints = ServedReader.endpoints(
            listeners + listeners, own: ["192.0.2.7", "2001:db8::7"], holders: [101: [holder]], unusual: false)
        #expect(
            endpoints.map(\.label) == [
                ":25 STARTTLS", "192.0.2.7:25 STARTTLS", "127.0.0.1:5432 SSLRequest", ":443", "[2001:db8::7]:443",
            ])
        #expect(endpoints.map(\.holder) == [holder, holder, nil, nil, nil])
        #expect(ServedReader.endpoints(listeners, own: [], holders: [:], unusual: true).map(\.port).contains(9_999))
    }

    @Test("dates are said in UTC")
    func days() {
        #expect(ServedFindings.day(Date(timeIntervalSince1970: 0)) == "1970-01-01")
        #expect(ServedFindings.day(Date(timeIntervalSince1970: 951_782_400)) == "2000-02-29")
        #expect(ServedFindings.day(Date(timeIntervalSince1970: 2_000_000_000)) == "2033-05-18")
        #expect(ServedFindings.day(Date(timeIntervalSince1970: -1)) == "1969-12-31")
    }

    @Test("targets are read from HOST:PORT with or without a dialect")
    func targets() {
        #expect(LiveSettings.Target("mail.example:25") == .init(host: "mail.example", port: 25, dialect: .smtp))
        #expect(LiveSettings.Target("[2001:db8::7]:8443") == .init(host: "2001:db8::7", port: 8_443, dialect: .tls))
        #expect(LiveSettings.Target("mail.example:2525 smtp")?.dialect == .smtp)
        for bad in ["mail.example", "mail.example:0", ":25", "mail.example:25 gopher", "a:1 smtp x", ""] {
            #expect(LiveSettings.Target(bad) == nil, "\(bad)")
        }
    }
}
