import Foundation
import Glibc
import StewardCore

/// Whether Python, Flask and the worker library are there, and whether the scripts parse.
package enum PythonCheck {
    /// How long the interpreter may take in seconds; reading thousands of scripts is a matter of a few.
    private static let patience = 30.0

    /// What was found, and the GPU cards that scripts ask for.
    package struct Look {
        /// The findings.
        package var findings: [CheckFinding]
        var cards: [PythonProbe.Cards] = []
    }

    /// Looks at the interpreter that the settings mean, if there are any; `scripts` are parsed, not run.
    package static func look(share: String?, python: String?, scripts: [String]) -> Look {
        do throws(Problem) {
            let installation = try Installation.locate(share: share, python: python)
            let library = CheckFinding(.ok, "python", at: installation.library, "The worker library is there.")
            var look = probe(installation, scripts: scripts)
            look.findings.insert(library, at: 0)
            return look
        } catch {
            return Look(findings: [CheckFinding(.error, "python", error.title + ".", remedy: error.detail)])
        }
    }

    private static func probe(_ installation: Installation, scripts: [String]) -> Look {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess.run(
                installation.python, ["-c", PythonProbe.program], environment: environment(installation),
                input: Data(scripts.joined(separator: "\0").utf8), seconds: patience)
        } catch {
            return Look(findings: [
                CheckFinding(
                    .error, "python", at: installation.python,
                    "It can't be started: \(String(cString: strerror(error.code))).",
                    remedy: "Set 'python' in the settings to a working interpreter.")
            ])
        }
        guard let probe = try? JSONDecoder().decode(PythonProbe.self, from: outcome.output) else {
            let last = outcome.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
            let what = outcome.status == nil ? "It did not end within \(Int(patience)) s" : "It does not work"
            return Look(findings: [
                CheckFinding(
                    .error, "python", at: installation.python, "\(what)\(last).",
                    remedy:
                        "Try '\(installation.python) -c pass', and set 'python' in the settings to a working interpreter."
                )
            ])
        }
        return Look(
            findings: describe(probe, installation) + describe(probe.broken, count: scripts.count), cards: probe.cards)
    }

    /// What the server's own Python gets.
    private static func environment(_ installation: Installation) -> [String] {
        var result = ["PYTHONPATH=\(installation.library)", "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8"]
        for name in ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR"] {
            if let value = ProcessInfo.processInfo.environment[name] { result.append("\(name)=\(value)") }
        }
        return result
    }

    private static func describe(_ probe: PythonProbe, _ installation: Installation) -> [CheckFinding] {
        let install =
            "Run '\(installation.python) -m pip install \"flask>=3.0,<4\"', or set 'python' to one that has it."
        var findings = [CheckFinding(.ok, "python", at: installation.python, "Python \(probe.python) runs.")]
        guard let flask = probe.flask else {
            let reason = probe.flaskError ?? "unknown error"
            return findings + [
                CheckFinding(.error, "python", at: "flask", "Flask can't be imported (\(reason)).", remedy: install)
            ]
        }
        switch Int(flask.prefix { $0.isNumber }) {
        case 3: findings.append(CheckFinding(.ok, "python", at: "flask", "Flask \(flask) is there."))
        case let major? where major < 3:
            findings.append(
                CheckFinding(
                    .error, "python", at: "flask", "Flask \(flask) is too old; 3.0 or later is needed.", remedy: install
                ))
        default:
            findings.append(
                CheckFinding(
                    .warning, "python", at: "flask", "Flask \(flask) is newer than what was tested (3).",
                    remedy: install))
        }
        if let error = probe.libraryError {
            findings.append(
                CheckFinding(
                    .error, "python", at: installation.library, "The worker library can't be imported (\(error)).",
                    remedy: "Reinstall Steward, or use a newer Python."))
        }
        return findings
    }

    private static func describe(_ broken: [PythonProbe.Broken], count: Int) -> [CheckFinding] {
        guard count > 0 else { return [] }
        guard !broken.isEmpty else {
            return [CheckFinding(.ok, "scripts", "\(count) Python \(count == 1 ? "file parses" : "files parse").")]
        }
        return broken.map { script in
            CheckFinding(
                .error, "scripts", at: script.line > 0 ? "\(script.path):\(script.line)" : script.path,
                "It can't be parsed: \(script.message).", remedy: "Until it is mended, calls of it get 500.")
        }
    }
}
