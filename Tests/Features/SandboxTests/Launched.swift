import CLinux
import Foundation
import Glibc
import StewardSandbox

/// A program that really runs beneath steward-launch.
final class Launched {
    /// The supervisor.
    let supervisor: pid_t
    private let output: Int32
    private var lifeline: Int32
    private(set) var control: Int32

    /// What every program needs that a test starts.
    static var policy: SandboxPolicy {
        var policy = SandboxPolicy()
        policy.readable = ["/usr", "/lib", "/lib64", "/bin", "/etc", "/proc"]
        policy.devices = ["/dev/null"]
        policy.network = .none
        policy.namespaces = []
        return policy
    }

    static var launcher: String {
        get throws {
            let folder = ProcessInfo.processInfo.environment["STEWARD_BINARY"] ?? "\(repository)/.build/debug/steward"
            return try SandboxLauncher.locate(for: folder)
        }
    }

    private static var repository: String {
        URL(filePath: #filePath).pathComponents.dropFirst().dropLast(4).reduce("") { $0 + "/" + $1 }
    }

    convenience init(_ policy: SandboxPolicy, _ arguments: [String]) throws {
        try self.init(bytes: policy.encoded, arguments)
    }

    init(bytes: [UInt8], _ arguments: [String], environment: [String] = []) throws {
        let launcher = try Self.launcher
        var words = ([launcher, "--"] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        var outputs: [Int32] = [-1, -1], lifelines: [Int32] = [-1, -1], controls: [Int32] = [-1, -1]
        guard clinux_pipe(&outputs) == 0, clinux_pipe(&lifelines) == 0, clinux_socketpair(0, &controls) == 0 else {
            throw POSIXError(.EMFILE)
        }
        let policy = clinux_memfd("policy", 0)
        _ = bytes.withUnsafeBytes { write(policy, $0.baseAddress, $0.count) }
        lseek(policy, 0, SEEK_SET)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let opened = [null, outputs[1], controls[1], policy, lifelines[0]]
        // Out of the way of their places.
        let raised = opened.map { fcntl($0, F_DUPFD_CLOEXEC, 20) }
        for descriptor in opened { close(descriptor) }
        let map = [raised[0], 0, raised[1], 1, raised[1], 2, raised[2], 3, raised[3], 4, raised[4], 5]
        var pid: pid_t = 0
        let failure = clinux_spawn(launcher, &words, &variables, "/", map, map.count / 2, &pid)
        for descriptor in raised { close(descriptor) }
        for word in words + variables { free(word) }
        supervisor = pid
        output = outputs[0]
        lifeline = lifelines[1]
        control = controls[0]
        if failure != 0 { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
    }

    deinit {
        endLifeline()
        close(output)
        close(control)
    }

    /// As when the server is gone.
    func endLifeline() {
        if lifeline >= 0 { close(lifeline) }
        lifeline = -1
    }

    /// The server's "look now".
    func poke() { _ = [UInt8(1)].withUnsafeBytes { write(lifeline, $0.baseAddress, 1) } }

    /// The next line of output.
    func line() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// All output up to its end.
    func rest() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let got = read(output, &buffer, buffer.count), got > 0 { bytes.append(contentsOf: buffer[..<got]) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The supervisor's exit code.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(supervisor, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    }

    /// Removes a folder and what is in it.
    static func removeTree(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    /// Runs a program to its end.
    static func run(_ policy: SandboxPolicy, _ arguments: [String]) throws -> (code: Int32, output: String) {
        try run(bytes: policy.encoded, arguments)
    }

    static func run(bytes: [UInt8], _ arguments: [String]) throws -> (code: Int32, output: String) {
        let launched = try Launched(bytes: bytes, arguments)
        let output = launched.rest()
        return (launched.wait(), output)
    }

    static func shell(_ policy: SandboxPolicy, _ script: String) throws -> (code: Int32, output: String) {
        try run(policy, ["/bin/sh", "-c", script])
    }

    /// Runs lines `attempt('name', lambda: ...)` of Python; the answers by name: "allowed", or the name of the error.
    static func attempts(_ policy: SandboxPolicy, _ lines: String) throws -> [String: String] {
        let (code, output) = try run(policy, ["/usr/bin/python3", "-I", "-S", "-c", prelude + lines])
        var answers: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            answers[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        if code != 0 { answers["exit"] = "\(code): \(output)" }
        return answers
    }

    private static let prelude = """
        import ctypes, errno, os, signal, socket, sys
        libc = ctypes.CDLL(None, use_errno=True)
        def call(number, *arguments):
            result = libc.syscall(*(ctypes.c_long(a) if isinstance(a, int) else a for a in (number, *arguments)))
            if result < 0:
                raise OSError(ctypes.get_errno(), 'refused')
            return result
        def attempt(name, action):
            try:
                action()
                print(name, 'allowed', flush=True)
            except OSError as error:
                print(name, errno.errorcode[error.errno], flush=True)
            except ValueError as error:
                print(name, 'ValueError', flush=True)

        """
}
