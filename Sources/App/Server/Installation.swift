import Foundation
import StewardCore
import StewardSandbox

/// Where Steward's own files and the Python interpreter are.
package struct Installation: Sendable {
    /// The folder that holds the package `steward_worker`.
    package var library: String
    /// The interpreter: a path.
    package var python: String
    /// The program that confines the scripts' processes: a path.
    package var launcher: String

    /// Looks for the worker's library in `share` (or beside the binary, or in the checkout that it was built in), and for
    /// the interpreter in `python`, `STEWARD_PYTHON`, the virtual environment beside the library, and PATH.
    /// - Throws: `Problem` that says where it looked.
    package static func locate(share: String?, python: String?) throws(Problem) -> Installation {
        let roots = share.map { [$0] } ?? standardRoots
        guard let root = roots.first(where: { isFile($0 + "/python/steward_worker/__main__.py") }) else {
            throw Problem(
                "no-library", status: 500, title: "Steward's Python files are not found",
                detail: "Looked for python/steward_worker in \(roots.joined(separator: ", ")); set `share`.")
        }
        return Installation(
            library: root + "/python", python: try interpreter(python, root: root), launcher: try findLauncher())
    }

    private static func findLauncher() throws(Problem) -> String {
        do throws(SandboxLauncher.Missing) { return try SandboxLauncher.locate() } catch {
            throw Problem("no-launcher", status: 500, title: "steward-launch is not found", detail: "\(error).")
        }
    }

    private static var standardRoots: [String] {
        let binary = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = (binary as NSString).deletingLastPathComponent
        var roots = [(folder as NSString).deletingLastPathComponent + "/share/steward"]
        while folder.count > 1 {
            folder = (folder as NSString).deletingLastPathComponent
            if isFile(folder + "/Package.swift") { roots.append(folder) }
        }
        return roots
    }

    private static func interpreter(_ setting: String?, root: String) throws(Problem) -> String {
        let environment = ProcessInfo.processInfo.environment
        let wish = setting ?? environment["STEWARD_PYTHON"]
        if let wish {
            let found = wish.contains("/") ? (isExecutable(wish) ? wish : nil) : search(wish, environment)
            guard let found else {
                throw Problem(
                    "no-python", status: 500, title: "Python is not found",
                    detail: "There is no executable \(wish); set `python` in the settings to a Python with Flask.")
            }
            return found
        }
        let venv = [root + "/venv/bin/python3", root + "/.venv/bin/python3"].first(where: isExecutable)
        guard let found = venv ?? search("python3", environment) else {
            throw Problem(
                "no-python", status: 500, title: "Python is not found",
                detail: "There is no python3 in PATH; install it (apt-get install python3) or set `python`.")
        }
        return found
    }

    private static func search(_ name: String, _ environment: [String: String]) -> String? {
        (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first(where: isExecutable)
    }

    private static func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
}
