import Foundation
import Synchronization

/// Tests/Support/mail_server.py: real TLS behind a real STARTTLS, on loopback addresses with one port.
final class MailServer {
    /// One address.
    struct Host: Encodable {
        var address: String
        var bundles: [String]
        var bare: String?
        var starttls = true
    }

    let port: Int
    private let process = Process()
    private let folder: DeployScratch

    /// Starts it; `hosts` gets a place to write key and chain to and gives the addresses.
    init(_ hosts: (DeployScratch) throws -> [Host]) throws {
        folder = try DeployScratch()
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Support/mail_server.py")
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(hosts(folder)))
        try input.fileHandleForWriting.close()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw CocoaError(.executableLoad)
        }
        self.port = port
    }

    deinit { kill(process.processIdentifier, SIGKILL) }
}

extension DeployScratch {
    /// Writes key and chain; the path.
    func bundle(_ name: String, _ issued: (key: String, cert: String, chain: String)) throws -> String {
        try write(name, issued.key + issued.cert + issued.chain)
        return "\(path)/\(name)"
    }
}
