import Foundation
import StewardDNS
import Testing

/// The cases of Tests/Support/dane_cases with the verdicts of openssl s_client and ldns-dane.
struct PeerCase: Decodable, Sendable {
    var name: String
    var chain: String
    var host: String
    var records: [String]
    var peers: [String: String]
    var words: [String: String]
}

/// Writes the cases into a scratch folder and asks the peers.
enum PeerCases {
    private static let support = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Support")
    private static let python = support.deletingLastPathComponent().deletingLastPathComponent().appending(
        path: ".venv/bin/python3"
    ).path

    /// Whether this machine has what it takes: `tools/setup --tests` installs it.
    static var isPossible: Bool {
        ["/usr/bin/openssl", "/usr/bin/ldns-dane", python].allSatisfy {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Writes the cases and their chains into `folder`, which must not be there yet.
    static func write(to folder: URL) throws -> [PeerCase] {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-m", "dane_cases", folder.path, "--peers"]
        process.currentDirectoryURL = support
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "dane_cases failed")
        return try JSONDecoder().decode(
            [PeerCase].self, from: Data(contentsOf: folder.appending(path: "cases.json")))
    }
}
