import CLinux
import Glibc

extension MachineDefences {
    /// Runs `steward-launch --probe`. Blocks for some milliseconds.
    package static func probe(launcher: String) throws(Unreadable) -> MachineDefences {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends) == 0 else { throw Unreadable(reason: "no pipe: \(String(cString: strerror(errno)))") }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let (pid, failure) = spawn(launcher, null: null, output: ends[1])
        close(ends[1])
        close(null)
        let text = readAll(ends[0])
        close(ends[0])
        if failure != 0 { throw Unreadable(reason: "\(launcher): \(String(cString: strerror(failure)))") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw Unreadable(reason: "it ended with status \(status)") }
        return try MachineDefences(parsing: text)
    }

    private static func spawn(_ launcher: String, null: Int32, output: Int32) -> (pid: pid_t, failure: Int32) {
        var pid: pid_t = 0
        var arguments = [strdup(launcher), strdup("--probe"), nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        let map: [Int32] = [null, 0, output, 1, null, 2]
        let failure = clinux_spawn(launcher, &arguments, &environment, "/", map, map.count / 2, &pid)
        for argument in arguments { free(argument) }
        return (pid, failure)
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let got = read(descriptor, &buffer, buffer.count)
            if got < 0 && errno == EINTR { continue }
            if got <= 0 { return String(decoding: text, as: UTF8.self) }
            text.append(contentsOf: buffer[..<got])
        }
    }
}
