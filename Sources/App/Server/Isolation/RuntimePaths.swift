import Foundation
import Glibc
import StewardCore

/// Where the interpreter finds what it needs, as it says itself.
package struct RuntimePaths: Sendable, Hashable {
    /// Folders and files that a process of it reads from.
    package var readable: [String]

    private static let program = """
        import json, os, sys
        found = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, sys.executable,
                 os.path.realpath(sys.executable), *sys.path}
        print(json.dumps(sorted(path for path in found if path and os.path.isabs(path) and os.path.exists(path))))
        """

    /// Folders that hold more than an interpreter, whatever it says.
    private static let tooWide: Set<String> = [
        "/", "/etc", "/home", "/mnt", "/opt", "/proc", "/root", "/run", "/srv", "/sys", "/tmp", "/var",
    ]

    /// Asks the interpreter once.
    /// - Throws: `Problem` if it doesn't answer.
    package static func ask(_ installation: Installation, environment: [String]) throws(Problem) -> RuntimePaths {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess.run(
                installation.python, ["-c", program], environment: environment, input: Data(), seconds: 20)
        } catch {
            throw problem("\(installation.python) can't be started: \(String(cString: strerror(error.code))).")
        }
        guard let found = try? JSONDecoder().decode([String].self, from: outcome.output) else {
            let last = outcome.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
            throw problem("\(installation.python) does not work\(last).")
        }
        let home = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) }
        return RuntimePaths(
            readable: [installation.library] + found.filter { !tooWide.contains($0) && $0 != home })
    }

    private static func problem(_ detail: String) -> Problem {
        Problem(
            "no-python", status: 500, title: "Python does not start",
            detail: detail + " Set `python` in the settings to a working interpreter.")
    }
}
