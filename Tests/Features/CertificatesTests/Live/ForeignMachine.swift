import Foundation

@testable import StewardCertificates

/// Processes in a mount namespace of their own, whose `/etc` and `/usr/sbin` are scratch folders: what a container is to
/// the rest of the machine. Programs in it are copies of sleep(1) under the names that a test wants.
final class ForeignMachine {
    static let isPossible =
        getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare") && canUnshare

    private static let canUnshare: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["--mount", "true"]
        return (try? process.run()).map { process.waitUntilExit() } != nil && process.terminationStatus == 0
    }()

    let folder = NSTemporaryDirectory() + "foreign-\(UUID().uuidString)"
    private let process = Process()

    /// Ready to be filled; `source` will be mounted at `/etc/` + `place`.
    init() throws {
        for part in ["etc/nginx", "sbin"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
        }
    }

    deinit {
        if process.isRunning {
            kill(-process.processIdentifier, SIGKILL)
            process.terminate()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A file below its `/etc`.
    func write(_ file: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/etc/\(file)"))
    }

    /// Mounts `source` at `/etc/` + `place` there and runs `programs`, each as `/usr/sbin/NAME`; they end with this.
    func start(_ programs: [String], source: String, at place: String) async throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder)/etc/\(place)", withIntermediateDirectories: true)
        for program in Set(programs) {
            try FileManager.default.copyItem(atPath: "/usr/bin/sleep", toPath: "\(folder)/sbin/\(program)")
        }
        let others = programs.dropFirst().map { "/usr/sbin/\($0) 600 & " }.joined()
        let script = """
            set -e
            mount --bind '\(folder)/etc' /etc
            mount --bind '\(source)' '/etc/\(place)'
            mount --bind '\(folder)/sbin' /usr/sbin
            \(others)
            exec /usr/sbin/\(programs[0]) 600
            """
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["--mount", "--propagation", "private", "sh", "-c", script]
        try process.run()
        for _ in 0..<12_000 {
            let program = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(process.processIdentifier)/exe")
            if program == "/usr/sbin/\(programs[0])" { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw CocoaError(.featureUnsupported)
    }

    var id: Int32 { process.processIdentifier }
}
