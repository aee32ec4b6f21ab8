import Foundation
import Glibc
import Testing

@testable import StewardDNS

/// BIND's named on a free port of 127.0.0.1, in a scratch folder.
struct Named {
    /// Where it listens.
    let server: NameServer
    /// Its folder.
    let folder: URL

    static let secret = Array("a secret of 32 bytes, and no more".utf8.prefix(32))
    static let key = TSIGKey(name: DomainName("steward.key.")!, secret: secret)

    /// The start of a zone file for `example.`.
    static let head = """
        $TTL 300
        @ IN SOA ns1.example. host\\.master.example. 2024010101 3600 900 604800 60
        @ IN NS ns1.example.
        ns1 IN A 127.0.0.1

        """

    /// Starts it with zone `example.` of `zone`, runs `body` and stops it. `more` goes into named.conf.
    static func with<Value>(
        zone: String = head, options: String = "", more: String = "", zoneOptions: String = "",
        _ body: (Named) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "named-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(zone.utf8).write(to: folder.appending(path: "example.zone"))
        let keys = TSIGKey.Algorithm.allCases.map { algorithm in
            """
            key "\(algorithm.rawValue).example" { algorithm \(algorithm.rawValue); secret "\(Data(secret).base64EncodedString())"; };
            """
        }
        let zones = """
            key "steward.key" { algorithm hmac-sha256; secret "\(Data(secret).base64EncodedString())"; };
            \(keys.joined(separator: "\n"))
            zone "example" { type primary; file "example.zone"; allow-update { key "steward.key"; }; \(zoneOptions) };
            """
        let server = NameServer("127.0.0.1", port: try freePort())
        return try await with(
            server: server, folder: folder, options: options, more: zones + more, ready: DomainName("example")!, body)
    }

    /// Starts it at `server` with what lies in `folder` and the configuration `more`; `ready` is a zone that it serves.
    static func with<Value>(
        server: NameServer, folder: URL, options: String = "", more: String, ready: DomainName,
        _ body: (Named) async throws -> Value
    ) async throws -> Value {
        let named = Named(server: server, folder: folder)
        let configuration = """
            options {
                directory "\(folder.path)"; pid-file "named.pid"; session-keyfile "session.key";
                listen-on port \(server.port) { \(server.address); }; listen-on-v6 { none; };
                recursion no; dnssec-validation no; notify no; check-names primary ignore; \(options)
            };
            controls {};
            \(more)
            """
        try Data(configuration.utf8).write(to: folder.appending(path: "named.conf"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/named")
        process.arguments = ["-g", "-n", "1", "-c", folder.appending(path: "named.conf").path]
        let log = folder.appending(path: "log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: log)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        try await named.waitUntilItAnswers(process, ready)
        return try await body(named)
    }

    private func waitUntilItAnswers(_ process: Process, _ zone: DomainName) async throws {
        let client = DNSClient(limits: .init(tryTime: .milliseconds(200), tries: 1))
        for _ in 0..<100 where process.isRunning {
            let answer = try? await client.query(zone, .soa, from: server)
            if answer?.code == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        let log = try String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
        throw Failure(text: "named does not answer:\n\(log.suffix(700))")
    }

    struct Failure: Error { let text: String }

    /// A port that is free for UDP and TCP.
    static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000...32_000)
            let kinds = [Int32(SOCK_DGRAM.rawValue), Int32(SOCK_STREAM.rawValue)]
            let isFree = kinds.allSatisfy { kind in
                let descriptor = socket(AF_INET, kind, 0)
                defer { close(descriptor) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                return withUnsafeBytes(of: &address) {
                    bind(
                        descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                        socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isFree { return Int(port) }
        }
        throw Failure(text: "no free port")
    }

    /// What a program prints.
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
