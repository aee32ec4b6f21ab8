import Foundation
import Glibc
import StewardDNS

@testable import StewardDANE

/// BIND as the primary of `example.`, on a free port of 127.0.0.1 or ::1, with rndc, in a scratch folder.
final class TestPrimary: Sendable {
    let folder: String
    let server: NameServer
    private let control: Int
    private let process: Process

    static let zone = DomainName("example")!
    static let owner = DomainName("_25._tcp.mail.example")!
    static let key = TSIGKey(name: DomainName("steward-key")!, secret: Array("thirty-two bytes of a TSIG secret".utf8))
    static let policy =
        "update-policy { grant steward-key name _25._tcp.mail.example. TLSA; grant other zonesub ANY; };"
    static let other = TSIGKey(name: DomainName("other")!, secret: Array("another secret".utf8))

    static func data(_ byte: UInt8) -> TLSA {
        TLSA(usage: 3, selector: 1, matching: 1, bytes: Array(repeating: byte, count: 32))
    }

    static let head = """
        $TTL 3600
        @ IN SOA ns1 admin ( 2024010101 3600 900 604800 300 ) ; serial
        @ IN NS ns1
        ns1 IN A 127.0.0.1
        mail IN A 127.0.0.2 ; the mail server

        """

    /// Starts it with the zone and these settings of the zone.
    init(
        _ text: String = head, settings: String = policy, options: String = "", more: String = "",
        address: String = "127.0.0.1"
    ) async throws {
        folder = NSTemporaryDirectory() + "primary-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        (server, control) = (NameServer(address, port: try Self.freePort()), try Self.freePort())
        process = Process()
        let isSix = address.contains(":")
        try write("example.zone", text)
        let keys = [Self.key, Self.other].map { key in
            "key \"\(key.name.host)\" { algorithm hmac-sha256; secret \"\(Data(key.secret).base64EncodedString())\"; };\n"
        }
        try write("steward.key", keys[0])
        let rndc = "key \"rndc\" { algorithm hmac-sha256; secret \"cm5kYyBzZWNyZXQ=\"; };\n"
        try write(
            "rndc.conf",
            rndc + "options { default-key \"rndc\"; default-server \(address); default-port \(control); };\n")
        try write(
            "named.conf",
            """
            \(keys.joined())\(rndc)
            controls { inet \(address) port \(control) allow { \(address); } keys { "rndc"; }; };
            options {
                directory "\(folder)"; pid-file "named.pid"; session-keyfile "session.key"; key-directory "\(folder)";
                listen-on port \(server.port) { \(isSix ? "none" : address); };
                listen-on-v6 port \(server.port) { \(isSix ? address : "none"); };
                recursion no; notify no; dnssec-validation no; \(options)
            };
            zone "example" { type primary; file "example.zone"; \(settings) };
            \(more)
            """)
        process.executableURL = URL(filePath: "/usr/sbin/named")
        process.arguments = ["-g", "-n", "1", "-c", folder + "/named.conf"]
        process.standardError = try FileHandle(forWritingTo: URL(filePath: write("log", "")))
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        for _ in 0..<200 where process.isRunning {
            if try await serial() != nil { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw Failure(text: "named does not answer:\n" + (try read("log")))
    }

    deinit {
        if process.isRunning {
            process.terminate()
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    struct Failure: Error { let text: String }

    /// Ends it.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    var client: DNSClient { DNSClient(limits: .init(tryTime: .seconds(2), tries: 3, streamTime: .seconds(10))) }
    var rndc: [String] { ["/usr/sbin/rndc", "-c", folder + "/rndc.conf"] }
    var file: String { folder + "/example.zone" }

    func update(_ key: TSIGKey = key, client: DNSClient? = nil) -> UpdatePublisher {
        UpdatePublisher(server: server, key: key, exchange: client ?? self.client, patience: .seconds(2))
    }

    /// The serial that it serves; nil where it gives none.
    func serial() async throws -> UInt32? {
        let answer = try? await client.query(Self.zone, .soa, from: server)
        guard case .soa(let soa)? = answer?.answers.first?.data, answer?.code == 0 else { return nil }
        return soa.serial
    }

    /// What it serves.
    func served(_ owner: DomainName = owner) async throws -> ServedSet {
        try await PrimaryLook(exchange: client, server: server).look(owner)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
        return folder + "/" + name
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }

    /// Runs rndc.
    @discardableResult
    func rndc(_ words: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: rndc[0])
        process.arguments = rndc.dropFirst() + words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// A port that is free for UDP and TCP.
    static func freePort() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 20_000...32_000)
            if [SOCK_DGRAM, SOCK_STREAM].allSatisfy({ isFree(port, Int32($0.rawValue)) }) { return port }
        }
        throw Failure(text: "no free port")
    }

    private static func isFree(_ port: Int, _ kind: Int32) -> Bool {
        let descriptor = socket(AF_INET, kind, 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

extension RRsetChange {
    /// A change at the test's owner.
    static func test(
        _ present: [TLSA], add: [TLSA] = [], remove: [TLSA] = [], ttl: UInt32 = 3600,
        owner: DomainName = TestPrimary.owner, zone: DomainName = TestPrimary.zone
    ) -> RRsetChange {
        RRsetChange(zone: zone, owner: owner, present: present, add: add, remove: remove, ttl: ttl)
    }
}

extension Publisher {
    /// Publishes where a failure is expected.
    func failure(_ change: RRsetChange) async -> PublishFailure? {
        do throws(PublishFailure) {
            try await publish(change)
            return nil
        } catch {
            return error
        }
    }
}
