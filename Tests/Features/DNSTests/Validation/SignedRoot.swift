import Foundation
import Testing

@testable import StewardDNS

/// A private root that is signed, `test.` below it, and below that zones that are unsigned, forged and out of date; all
/// served by one named.
struct SignedRoot {
    let server: NameServer
    /// The root's key.
    let anchor: String
    /// named.root of this root.
    let hints: String

    /// Starts it; on port 53 where `port` is 53, for a network namespace.
    static func with<Value>(port: Int? = nil, _ body: (SignedRoot) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let address = "127.0.0.1"
        try sign(folder, address)
        let zones = [".", "test.", "insecure.test.", "bogus.test.", "old.test."].map { zone in
            "zone \"\(zone)\" { type primary; file \"\(zone)served\"; };"
        }
        let root = SignedRoot(
            server: NameServer(address, port: try port ?? Named.freePort()),
            anchor: folder.appending(path: "dsset-.").path, hints: folder.appending(path: "hints").path)
        try Data(". 3600 IN NS ns.test.\nns.test. 3600 IN A \(address)\n".utf8).write(
            to: URL(filePath: root.hints))
        return try await Named.with(
            server: root.server, folder: folder, more: zones.joined(separator: "\n"), ready: DomainName("old.test")!
        ) { _ in try await body(root) }
    }

    private static func sign(_ folder: URL, _ address: String) throws {
        let head = "$TTL 60\n@ IN SOA ns.test. host.test. 1 3600 900 604800 30\n@ IN NS ns.test.\n"
        let old = ["-s", "20200101000000", "-e", "20200201000000"]
        for (zone, text, options) in [
            ("old.test.", "a A 192.0.2.1\n", old), ("bogus.test.", "a A 192.0.2.1\n", []),
            ("insecure.test.", "a A 192.0.2.1\n_25._tcp.a TLSA 3 1 1 ab\n", nil),
            (
                "test.",
                """
                ns A \(address)
                a A 192.0.2.1
                a A 192.0.2.2
                _25._tcp.a TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                alias CNAME a
                out CNAME a.insecure
                loop CNAME loop2
                loop2 CNAME loop
                tree DNAME sub
                www.sub A 192.0.2.7
                @ MX 10 a
                insecure NS ns
                bogus NS ns
                old NS ns

                """, []
            ), (".", "test. NS ns.test.\nns.test. A \(address)\n", []),
        ] as [(String, String, [String]?)] {
            let file = folder.appending(path: zone + "served")
            try Data((head + text).utf8).write(to: folder.appending(path: zone + "plain"))
            guard let options else {
                try FileManager.default.copyItem(at: folder.appending(path: zone + "plain"), to: file)
                continue
            }
            try run(folder, "/usr/bin/dnssec-keygen", ["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone])
            try run(
                folder, "/usr/bin/dnssec-signzone",
                ["-q", "-P", "-S", "-z", "-g", "-o", zone, "-f", zone + "served"] + options + [zone + "plain"])
            guard zone == "bogus.test." else { continue }
            let signed = try String(contentsOf: file, encoding: .utf8)
            try Data(signed.replacing("192.0.2.1", with: "192.0.2.99").utf8).write(to: file)
        }
    }

    private static func run(_ folder: URL, _ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Named.Failure(text: "\(program) \(arguments) failed") }
    }
}
