import Dispatch
import Glibc
internal import StewardCertificates
import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A program with its arguments, run without a shell.
package struct Command: Hashable, Sendable, CustomStringConvertible {
    /// The program, by path or by a name that is looked for, and its arguments.
    package var words: [String]

    /// Of words.
    package init(_ words: [String]) { self.words = words }

    /// What running it gave.
    package struct Outcome: Hashable, Sendable {
        /// Whether it ended well.
        package var isGood: Bool
        /// Why not, in words that follow the command: `exit status 1: fatal: the Postfix mail system is not running`.
        package var reason: String
        /// Standard output.
        package var output: [UInt8]

        /// An outcome.
        package init(isGood: Bool, reason: String, output: [UInt8]) {
            self.isGood = isGood
            self.reason = reason
            self.output = output
        }
    }

    /// Runs words for so many seconds, with variables and a standard input of their own.
    package typealias Runner = @Sendable ([String], Double, [String: String], [UInt8]) async -> Outcome

    private static let elsewhere = Mutex<Runner?>(nil)

    /// Has every command from here on run by `runner`: another process, where this one has given its rights up.
    package static func runElsewhere(_ runner: @escaping Runner) { elsewhere.withLock { $0 = runner } }

    /// What of this process's environment programs get: what says where things are and whom to trust.
    private static let inherited = [
        "PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "XDG_RUNTIME_DIR",
        "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR",
    ]
    private static let usualFolders = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin", "/opt/certbot/bin",
    ]

    /// Runs it for `seconds` at most; it and all that it started are killed then. `more` is added to the environment.
    package func run(
        seconds: Double, environment more: [String: String] = [:], input: [UInt8] = []
    ) async -> Outcome {
        if let runner = Self.elsewhere.withLock({ $0 }) { return await runner(words, seconds, more, input) }
        guard let program = words.first, let path = Self.find(program) else {
            return Outcome(isGood: false, reason: "there is no program '\(words.first ?? "")'", output: [])
        }
        var all = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
        if all["PATH"] == nil { all["PATH"] = Self.usualFolders.joined(separator: ":") }
        if all["HOME"] == nil { all["HOME"] = "/" }
        all["LC_ALL"] = "C.UTF-8"
        all.merge(more) { $1 }
        let (arguments, environment) = (Array(words.dropFirst()), all.map { "\($0.key)=\($0.value)" })
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let result = ServerProgram.run(
                    path, arguments, environment: environment, input: input, seconds: seconds)
                continuation.resume(returning: Self.outcome(result))
            }
        }
    }

    private static func outcome(_ result: Result<ServerProgram.Output, ServerProgram.Refusal>) -> Outcome {
        switch result {
        case .failure(let refusal): return Outcome(isGood: false, reason: refusal.reason, output: [])
        case .success(let output):
            if output.status == 0 { return Outcome(isGood: true, reason: "", output: output.output) }
            let end = output.status & 0x7f == 0 ? "exit status \(output.status >> 8 & 0xff)" : "killed by a signal"
            let words = lastLines(output.errors.isEmpty ? output.output : output.errors)
            return Outcome(isGood: false, reason: words.isEmpty ? end : "\(end): \(words)", output: output.output)
        }
    }

    /// The last four lines, without control characters.
    private static func lastLines(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.suffix(8192), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.filter { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } }
        }
        return lines.filter { !$0.isEmpty }.suffix(4).joined(separator: " ")
    }

    /// Where a program is: as given where it has a slash, else on PATH and in the usual folders.
    package static func find(_ program: String) -> String? {
        guard !program.contains("/") else { return access(program, X_OK) == 0 ? program : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } + usualFolders
        return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    package var description: String { words.joined(separator: " ") }
}
