import CLinux
import Glibc

/// A server's own program that says what it reads. It is started without a shell, with a plain environment, and killed
/// with everything it started when its time is over.
package struct ServerProgram: Hashable, Sendable {
    /// Its name.
    var name: String
    /// Where it may be installed, best first.
    var paths: [String]

    static let postmap = ServerProgram(name: "postmap", paths: ["/usr/sbin/postmap", "/usr/local/sbin/postmap"])
    static let postconf = ServerProgram(name: "postconf", paths: ["/usr/sbin/postconf", "/usr/local/sbin/postconf"])
    static let nginx = ServerProgram(name: "nginx", paths: ["/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx"])
    static let doveconf = ServerProgram(name: "doveconf", paths: ["/usr/bin/doveconf", "/usr/local/bin/doveconf"])
    static let apache = ServerProgram(
        name: "apachectl",
        paths: ["/usr/sbin/apache2ctl", "/usr/sbin/apachectl", "/usr/sbin/httpd", "/usr/local/apache2/bin/apachectl"])

    /// What came of asking.
    enum Answer {
        /// It isn't installed.
        case absent
        /// What it wrote to standard output.
        case answered([UInt8])
        /// It failed; why.
        case failed(String)
    }

    /// Where it is installed.
    var installed: String? { paths.first { access($0, X_OK) == 0 } }

    /// Runs it with `arguments` for `seconds` at most and reads at most 64 MiB.
    func ask(_ arguments: [String], seconds: Double) -> Answer {
        guard let path = installed else { return .absent }
        let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/"]
        switch Self.run(path, arguments, environment: environment, seconds: seconds) {
        case .failure(let refusal): return .failed(refusal.reason)
        case .success(let output) where output.status == 0: return .answered(output.output)
        case .success(let output):
            let words = Lines.split(output.errors).map { Lines.trimmed($0.bytes) }.filter { !$0.isEmpty }
            return .failed(words.last.map { ByteText.shown(ByteText.string($0)) } ?? "it failed without a word")
        }
    }

    /// How a program ended and what it wrote, 64 MiB of each at most.
    package struct Output: Hashable, Sendable {
        /// As wait(2) gives it: 0 for a good end.
        package var status: Int32
        /// Standard output.
        package var output: [UInt8]
        /// Standard error.
        package var errors: [UInt8]
    }

    /// Why a program didn't run, or not to its end.
    package struct Refusal: Error, Hashable, Sendable {
        /// In words.
        package var reason: String
    }

    /// Runs the program at `path` for `seconds` at most, with `input` as its standard input.
    package static func run(
        _ path: String, _ arguments: [String], environment: [String], directory: String = "/", input: [UInt8] = [],
        seconds: Double
    ) -> Result<Output, Refusal> {
        let files = [0, 1, 2].map { clinux_memfd("steward-ask-\($0)", 0) }
        defer { for file in files where file >= 0 { close(file) } }
        guard files.allSatisfy({ $0 >= 0 }) else {
            return .failure(Refusal(reason: SystemFailure(code: errno).description))
        }
        guard pwrite(files[0], input, input.count, 0) == input.count else {
            return .failure(Refusal(reason: SystemFailure(code: errno).description))
        }
        var child: pid_t = 0
        let map: [Int32] = [files[0], 0, files[1], 1, files[2], 2]
        let code = withVector([path] + arguments) { arguments in
            withVector(environment) { environment in
                clinux_spawn(path, arguments, environment, directory, map, map.count / 2, &child)
            }
        }
        guard code == 0 else { return .failure(Refusal(reason: SystemFailure(code: code).description)) }
        guard let status = wait(for: child, seconds: seconds) else {
            return .failure(Refusal(reason: "it had not answered after \(Int(seconds)) s"))
        }
        return .success(Output(status: status, output: contents(files[1]), errors: contents(files[2])))
    }

    private static func wait(for child: pid_t, seconds: Double) -> Int32? {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var status: Int32 = 0
        while clock.now < end {
            let result = waitpid(child, &status, WNOHANG)
            if result == child { return status }
            // Someone else reaped it (a parent that ignores SIGCHLD): nothing more will be heard.
            if result < 0 && errno != EINTR { return nil }
            usleep(2000)
        }
        kill(-child, SIGKILL)
        waitpid(child, &status, 0)
        return nil
    }

    private static func contents(_ descriptor: Int32) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), 64 << 20))
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(bytes.prefix(max(0, count)))
    }

    private static func withVector<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
