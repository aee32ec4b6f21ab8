import CCompute
import Glibc

/// One run of a program: what it wrote to standard output and error, and how it ended.
struct CompilerRun {
    var output: String
    /// The exit status, or 128 and the signal.
    var status: Int32
    var timedOut = false

    /// Runs the program to its end.
    /// - Throws: ``ComputeError/Code/noCompiler`` when it can't be started.
    static func run(_ arguments: [String], seconds: Int = 120) throws(ComputeError) -> CompilerRun {
        var ends: [Int32] = [0, 0]
        guard steward_private_pipe(&ends) == 0 else { throw failure(arguments, errno) }
        defer { close(ends[0]) }
        let started = start(arguments, output: ends[1])
        close(ends[1])
        guard case .success(let process) = started else {
            if case .failure(let error) = started { throw failure(arguments, error.code) }
            throw failure(arguments, EINVAL)
        }
        let (output, ended) = read(ends[0], seconds: seconds)
        if !ended { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return CompilerRun(
            output: output, status: signal == 0 ? status >> 8 & 0xff : 128 + signal, timedOut: !ended)
    }

    private struct Refusal: Error { let code: Int32 }

    private static func failure(_ arguments: [String], _ code: Int32) -> ComputeError {
        ComputeError(
            .noCompiler, "\(arguments[0]) can't be started (\(String(cString: strerror(code)))): check that it runs.")
    }

    /// In a process group of its own, so that what it starts ends with it.
    private static func start(_ arguments: [String], output: Int32) -> Result<pid_t, Refusal> {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let kept = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].compactMap { name in
            HostCompiler.environment(name).map { "\(name)=\($0)" }
        }
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let environment: [UnsafeMutablePointer<CChar>?] = (kept + ["LC_ALL=C"]).map { strdup($0) } + [nil]
        defer { (words + environment).forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, arguments[0], &actions, &attributes, words, environment)
        return code == 0 ? .success(process) : .failure(Refusal(code: code))
    }

    /// All that comes until the end, or what came in time.
    private static func read(_ descriptor: Int32, seconds: Int) -> (String, Bool) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        let end = time(nil) + seconds
        while time(nil) < end {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, 1000)
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return (String(decoding: bytes, as: UTF8.self), true) }
            if bytes.count < 1 << 20 { bytes += chunk[..<count] }
        }
        return (String(decoding: bytes, as: UTF8.self), false)
    }
}
