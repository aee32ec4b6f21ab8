import CLinux
import Foundation
import Glibc

/// Runs a program to its end, or kills it with everything it started when its time is over.
enum ChildProcess {
    /// What came of it.
    struct Outcome {
        /// The status as waitpid(2) gives it; nil: it was killed because its time was over.
        var status: Int32?
        /// What it wrote to standard output.
        var output: Data
        /// What it wrote to standard error.
        var errors: String
    }

    /// Runs `path` in `/` with `input` on standard input. Blocks for `seconds` at most.
    /// - Throws: the errno value if it can't be started.
    static func run(
        _ path: String, _ arguments: [String], environment: [String], input: Data, seconds: Double
    ) throws(StartFailure) -> Outcome {
        let files = [0, 1, 2].map { clinux_memfd("steward-check-\($0)", 0) }
        defer { for file in files { close(file) } }
        guard files.allSatisfy({ $0 >= 0 }) else { throw StartFailure(code: errno) }
        _ = input.withUnsafeBytes { pwrite(files[0], $0.baseAddress, $0.count, 0) }
        var child: pid_t = 0
        let map: [Int32] = [files[0], 0, files[1], 1, files[2], 2]
        let code = withVector([path] + arguments) { arguments in
            withVector(environment) { environment in
                clinux_spawn(path, arguments, environment, "/", map, map.count / 2, &child)
            }
        }
        guard code == 0 else { throw StartFailure(code: code) }
        let status = wait(for: child, seconds: seconds)
        return Outcome(
            status: status, output: contents(files[1]), errors: String(decoding: contents(files[2]), as: UTF8.self))
    }

    /// Why a program can't be started.
    struct StartFailure: Error {
        /// The errno value.
        var code: Int32
    }

    private static func wait(for child: pid_t, seconds: Double) -> Int32? {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var status: Int32 = 0
        while clock.now < end {
            if waitpid(child, &status, WNOHANG) == child { return status }
            usleep(2000)
        }
        // The child leads a session of its own: its group is everything that it started.
        kill(-child, SIGKILL)
        waitpid(child, &status, 0)
        return nil
    }

    private static func contents(_ descriptor: Int32) -> Data {
        lseek(descriptor, 0, SEEK_SET)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readDataToEndOfFile()
    }

    private static func withVector<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
