import Foundation
import Glibc

/// First message to the zygote.
struct ConfigureMessage: Encodable {
    var op = "configure"
    var `protocol` = 1
    var sessionSecret: String
    var sessionCookie: String
    var version: String
    /// What each worker keeps for itself; nil: workers aren't confined.
    var layer: WorkerLayer?

    init(sessions: SessionKey, version: String, layer: WorkerLayer?) {
        sessionSecret = sessions.hexadecimal
        sessionCookie = sessions.cookie
        self.version = version
        self.layer = layer
    }

    enum CodingKeys: String, CodingKey {
        case op, `protocol`, version, layer
        case sessionSecret = "session_secret"
        case sessionCookie = "session_cookie"
    }
}

/// Asks the zygote for one worker.
struct ForkMessage: Encodable {
    /// What a worker knows of its zone.
    struct Zone: Encodable, Sendable {
        var name: String
        var prefix: String
        var folder: String
        var environment: [String: String]
        /// Folders beneath it that belong to other zones, relative to it.
        var excluded: [String] = []
        /// Processor seconds that a call may use; nil: no limit.
        var cpu: Int?
    }

    var op = "fork"
    var worker: Int
    var zone: Zone
    var nice: Int
    /// The worker's scratch folder; nil: it has none of its own.
    var scratch: String?
    /// Device files of its GPUs.
    var devices: [String]

    init(worker: Int, zone: Zone, nice: Int, scratch: String?, devices: [String]) {
        self.worker = worker
        self.zone = zone
        self.nice = nice
        self.scratch = scratch
        self.devices = devices
    }
}

/// Lets the zygote collect a process.
struct ReapMessage: Encodable {
    var op = "reap"
    var pid: Int32

    init(pid: Int32) { self.pid = pid }
}

/// Anything that the zygote says.
struct ZygoteMessage: Decodable, Sendable {
    var op: String
    var worker: Int?
    var pid: Int32?
    var status: Int32?
    var message: String?
    var python: String?
    var flask: String?
    var executable: String?
}

/// The zygote can't be started or reached.
package struct ZygoteFailure: Error, CustomStringConvertible {
    /// What happened and what to do, in sentences.
    package let detail: String
    /// The sentence, as the log and callers have it.
    package var description: String { detail }

    /// A failure.
    package init(_ detail: String) { self.detail = detail }
}

/// What errno says.
func lastError() -> String { String(cString: strerror(errno)) }

/// Calls `body` with a null-terminated array of C strings.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}

/// One line of a C stream without its end, or nil at the end of the file.
func readLine(from stream: UnsafeMutablePointer<FILE>) -> String? {
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    let count = getline(&line, &capacity, stream)
    guard count > 0, let line else { return nil }
    let bytes = UnsafeRawBufferPointer(start: line, count: count)
    return String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
}
