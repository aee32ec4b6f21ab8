import CLinux
import Glibc
import StewardSandbox
import Testing

private let isRoot = geteuid() == 0

/// Time in seconds until a condition holds; nil: it didn't within `limit`.
private func seconds(within limit: Double, until holds: () -> Bool) -> Double? {
    let clock = ContinuousClock()
    let begin = clock.now
    while clock.now - begin < .seconds(limit) {
        if holds() {
            return Double((clock.now - begin).components.attoseconds) / 1e18
                + Double((clock.now - begin).components.seconds)
        }
        usleep(500)
    }
    return nil
}

private func lives(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 || errno == EPERM }

@Suite(.serialized) struct SupervisionTests {
    private static func python(_ script: String, _ policy: SandboxPolicy = Launched.policy) throws -> Launched {
        try Launched(policy, ["/usr/bin/python3", "-I", "-S", "-c", "import os, sys, time, signal\n" + script])
    }

    /// A process that has left its session and its parents behind.
    private static let daemonize = """
        def daemon():
            ends = os.pipe()
            if os.fork() == 0:
                os.setsid()
                for n in range(1, 32):
                    try: signal.signal(n, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                pid = os.fork()
                if pid == 0: time.sleep(600)
                os.write(ends[1], str(pid).encode())
                os._exit(0)
            return int(os.read(ends[0], 20))

        """

    @Test func whenTheLifelineEndsEveryProcessIsGone() throws {
        let launched = try Self.python(
            """
            for depth in range(3):
                if os.fork(): break
                os.setsid()
            for _ in range(3):
                if os.fork() == 0: time.sleep(600)
            print(os.getpid(), flush=True)
            time.sleep(600)
            """)
        let pids = (0..<4).compactMap { _ in pid_t(launched.line()) }
        #expect(pids.count == 4 && pids.allSatisfy(lives))
        launched.endLifeline()
        // How long it takes is Benchmarks/launch's business.
        let took = seconds(within: 15) { !pids.contains(where: lives) }
        #expect(launched.wait() == 128 + SIGKILL)
        #expect(took != nil)
    }

    @Test func aProcessThatLeavesItsParentsIsKilledWhileTheRuntimeLives() throws {
        let launched = try Self.python(Self.daemonize + "print(daemon(), flush=True); time.sleep(600)")
        let daemon = try #require(pid_t(launched.line()))
        #expect(seconds(within: 15) { !lives(daemon) } != nil)
        #expect(lives(launched.supervisor))
    }

    @Test func aWordOnTheLifelineMakesTheSupervisorLookAtOnce() throws {
        let launched = try Self.python("print(1, flush=True); time.sleep(600)")
        _ = launched.line()
        launched.poke()
        launched.poke()
        #expect(seconds(within: 0.2) { !lives(launched.supervisor) } == nil)
    }

    @Test func workersOutliveTheRuntimeAndWhatTheyLeaveBehindDoesNot() throws {
        let launched = try Self.python(
            Self.daemonize + """
                if os.fork():
                    os._exit(9)
                time.sleep(0.3)
                left = daemon()
                child = os.fork() or time.sleep(600)
                print(os.getppid(), left, child, flush=True)
                time.sleep(0.3)
                print('finished', flush=True)
                """)
        let words = launched.line().split(separator: " ").compactMap { pid_t($0) }
        try #require(words.count == 3)
        #expect(words[0] == launched.supervisor)
        #expect(seconds(within: 15) { !lives(words[1]) } != nil, "the daemon of a worker")
        #expect(launched.line() == "finished")
        #expect(launched.wait() == 9)
        #expect(!lives(words[2]), "what a worker left behind")
    }

    @Test func aRuntimeThatIsKilledLeavesItsWorkersTheTimeToFinish() throws {
        let launched = try Self.python(
            """
            parent = os.getpid()
            if os.fork() == 0:
                os.kill(parent, signal.SIGKILL)
                time.sleep(0.3)
                print('finished', flush=True)
                os._exit(0)
            time.sleep(600)
            """)
        #expect(launched.line() == "finished")
        #expect(launched.wait() == 128 + SIGKILL)
    }

    @Test func whatEndsAWholeUnitDoesNotEndASupervisor() throws {
        let launched = try Self.python("print(1, flush=True); time.sleep(600)")
        _ = launched.line()
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1] { kill(launched.supervisor, signal) }
        #expect(seconds(within: 0.2) { !lives(launched.supervisor) } == nil)
    }

    @Test func theRuntimeEndsWithItsSupervisor() throws {
        let launched = try Self.python("print(os.getpid(), flush=True); time.sleep(600)")
        let runtime = try #require(pid_t(launched.line()))
        kill(launched.supervisor, SIGKILL)
        #expect(seconds(within: 15) { !lives(runtime) || isZombie(runtime) } != nil)
        #expect(launched.wait() == -SIGKILL)
    }

    @Test func nothingOfTheSupervisorIsReadable() throws {
        let launched = try Self.python(
            """
            for name in ('mem', 'environ', 'maps'):
                try: print(len(open('/proc/%d/%s' % (os.getppid(), name), 'rb').read(1)), flush=True)
                except OSError as error: print('refused', flush=True)
            """)
        #expect((0..<3).map { _ in launched.line() } == ["refused", "refused", "refused"])
    }

    @Test(.enabled(if: isRoot, "the limit of processes needs a user of its own"), arguments: [false, true])
    func aForkBombEndsWithTheLifeline(leavesSessions: Bool) throws {
        var policy = Launched.policy
        policy.identity = .init(user: leavesSessions ? 54325 : 54324, group: 54324)
        policy.processes = 150
        let launched = try Self.python(
            """
            print(1, flush=True)
            while True:
                try:
                    if os.fork() == 0 and \(leavesSessions ? "True" : "False"): os.setsid()
                except OSError: pass
            """, policy)
        _ = launched.line()
        usleep(400_000)
        launched.endLifeline()
        let ended = seconds(within: 30) { waitpid(launched.supervisor, nil, WNOHANG) == launched.supervisor }
        #expect(ended != nil)
        #expect(processes(of: policy.identity?.user ?? 0) == 0)
    }

    private func isZombie(_ pid: pid_t) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return true }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 512)
        guard fgets(&buffer, 512, file) != nil else { return true }
        return String(decoding: buffer.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains(") Z ")
    }

    private func processes(of user: UInt32) -> Int {
        guard let folder = opendir("/proc") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var about = stat()
            if Int(name) != nil, stat("/proc/\(name)", &about) == 0, about.st_uid == user { count += 1 }
        }
        return count
    }
}
