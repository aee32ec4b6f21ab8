import Foundation
import Glibc
import StewardSandbox
import Testing

private let isRoot = geteuid() == 0

@Suite struct LaunchTests {
    @Test func theExitCodeIsThePrograms() throws {
        #expect(try Launched.shell(Launched.policy, "exit 7").code == 7)
        #expect(try Launched.shell(Launched.policy, "kill -TERM $$").code == 128 + SIGTERM)
        #expect(try Launched.shell(Launched.policy, "echo hello").output == "hello\n")
    }

    @Test func aMistakeIsOneLineAndExitCode125() throws {
        let (code, output) = try Launched.run(bytes: Array("read usr\0".utf8), ["/bin/true"])
        #expect(code == 125)
        #expect(output == "steward-launch: policy: record 1, read 'usr': not an absolute path\n")
    }

    @Test func aPolicyLongerThanAMebibyteIsRefused() throws {
        let record = Array("read /\(String(repeating: "x", count: 4000))\0".utf8)
        let long = Array(repeatElement(record, count: 270).joined())
        let (code, output) = try Launched.run(bytes: long, ["/bin/true"])
        #expect(code == 125 && output == "steward-launch: policy: longer than 1 MiB\n")
    }

    @Test func aProgramThatCannotBeExecutedIsNamed() throws {
        let missing = try Launched.run(Launched.policy, ["/usr/bin/no-such-program"])
        #expect(missing.code == 125)
        #expect(missing.output == "steward-launch: /usr/bin/no-such-program: No such file or directory\n")
        var closed = Launched.policy
        closed.readable = ["/etc"]
        let outside = try Launched.run(closed, ["/bin/true"])
        #expect(outside.code == 125 && outside.output.contains("/bin/true: Permission denied (it,"))
    }

    @Test func aWritablePathMustExistAndAReadableOneNeedNot() throws {
        var policy = Launched.policy
        policy.readable.append("/no/such/folder")
        #expect(try Launched.shell(policy, "exit 0").code == 0)
        policy.writable = ["/no/such/scratch"]
        let (code, output) = try Launched.shell(policy, "exit 0")
        #expect(code == 125 && output == "steward-launch: write /no/such/scratch: No such file or directory\n")
    }

    @Test(.enabled(if: !isRoot, "root may become anyone"))
    func aUserThatCannotBeBecomeIsAnError() throws {
        var policy = Launched.policy
        policy.identity = .init(user: 1, group: 1)
        let (code, output) = try Launched.shell(policy, "exit 0")
        #expect(code == 125 && output.hasPrefix("steward-launch: identity: "))
    }

    @Test func whatIsRequiredAndMissingKeepsTheProgramFromRunning() throws {
        var policy = Launched.policy
        policy.required = [.identity]
        let (code, output) = try Launched.shell(policy, "echo ran")
        #expect(code == 125 && output == "steward-launch: identity: the zone has no user of its own\n")
    }

    @Test func onlyDescriptorsZeroToThreeAreOpen() throws {
        let script = "import os; print([d for d in range(200) if os.path.exists('/proc/self/fd/%d' % d)])"
        #expect(
            try Launched.run(Launched.policy, ["/usr/bin/python3", "-I", "-S", "-c", script]).output == "[0, 1, 2, 3]\n"
        )
    }

    @Test func theControlSocketIsHandedOn() throws {
        let script = "import socket; s = socket.socket(fileno=3); s.sendall(b'up'); print(s.recv(9))"
        let launched = try Launched(Launched.policy, ["/usr/bin/python3", "-I", "-S", "-c", script])
        var answer = [UInt8](repeating: 0, count: 2)
        #expect(read(launched.control, &answer, 2) == 2 && answer == Array("up".utf8))
        write(launched.control, "down", 4)
        #expect(launched.rest() == "b'down'\n" && launched.wait() == 0)
    }

    @Test func limitsAreSoftAndHard() throws {
        var policy = Launched.policy
        policy.memory = 300 << 20
        policy.files = 50
        policy.fileSize = 4096
        let script = """
            import resource as r
            for n in (r.RLIMIT_AS, r.RLIMIT_DATA, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_CORE, r.RLIMIT_MSGQUEUE): print(*r.getrlimit(n))
            try: bytearray(400 << 20)
            except MemoryError: print('no memory')
            """
        let (_, output) = try Launched.run(policy, ["/usr/bin/python3", "-I", "-S", "-c", script])
        #expect(output == "314572800 314572800\n314572800 314572800\n50 50\n4096 4096\n0 0\n0 0\nno memory\n")
    }

    @Test(.enabled(if: isRoot, "a user without other processes is wanted"))
    func processesAreLimitedForTheUser() throws {
        var policy = Launched.policy
        policy.identity = .init(user: 54323, group: 54323)
        policy.processes = 8
        let script = """
            import os, time
            made = 1
            try:
                while True:
                    if os.fork() == 0: time.sleep(60)
                    made += 1
            except BlockingIOError: print(made, flush=True)
            os._exit(0)
            """
        let launched = try Launched(policy, ["/usr/bin/python3", "-I", "-S", "-c", script])
        #expect(launched.line() == "8")
        launched.endLifeline()
        _ = launched.wait()
    }

    @Test func scriptsGoBeforeTheServerWhenMemoryRunsOut() throws {
        #expect(try Launched.shell(Launched.policy, "cat /proc/self/oom_score_adj").output == "500\n")
    }

    @Test func aLaunchWithoutALifelineIsRefused() throws {
        let launcher = try Launched.launcher
        let (code, output) = try outcome("/bin/sh", ["-c", "exec \(launcher) -- /bin/true 4</dev/null 5<&- 2>&1"])
        #expect(code == 125 && output == "steward-launch: lifeline: descriptor 5: Bad file descriptor\n")
        #expect(try outcome(launcher, []).code == 125)
    }

    private func outcome(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
