/// What this machine, its kernel and the user that the server runs as can do to confine scripts: found out by trying.
package struct MachineDefences: Hashable, Sendable {
    /// One thing that was tried.
    package struct Finding: Hashable, Sendable {
        /// Whether it worked.
        package var works: Bool
        /// Why not, or what about it is less than whole; empty: nothing to say.
        package var detail: String

        /// A finding.
        package init(works: Bool, detail: String = "") {
            self.works = works
            self.detail = detail
        }
    }

    /// Output that isn't a probe's.
    package struct Unreadable: Error, Hashable, CustomStringConvertible {
        /// What is wrong with it.
        package var reason: String

        package var description: String { "steward-launch --probe: \(reason)" }
    }

    /// The user that the server runs as.
    package var user: UInt32
    /// The kernel's version of Landlock; 0 without it.
    package var landlock: Int
    /// Why there is no Landlock.
    package var landlockDetail = ""
    /// Becoming another user.
    package var identity: Finding
    /// no_new_privs and dropping capabilities.
    package var privileges: Finding
    /// rlimits.
    package var limits: Finding
    /// seccomp filters.
    package var calls: Finding
    /// Ending a tree of processes.
    package var supervision: Finding
    /// Each namespace.
    package var namespaces: [SandboxNamespace: Finding]

    /// Reads what `steward-launch --probe` prints: lines of name, value and detail with tabs between them.
    package init(parsing text: String) throws(Unreadable) {
        var values: [String: (value: String, detail: String)] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { throw Unreadable(reason: "'\(line)' is not a name, a value and a detail") }
            values[parts[0]] = (parts[1], parts[2])
        }
        user = try Self.number(values["user"]?.value, "user")
        landlock = Int(try Self.number(values["landlock"]?.value, "landlock"))
        landlockDetail = values["landlock"]?.detail ?? ""
        identity = try Self.finding(values["identity"], "identity")
        privileges = try Self.finding(values["privileges"], "privileges")
        limits = try Self.finding(values["limits"], "limits")
        calls = try Self.finding(values["calls"], "calls")
        supervision = try Self.finding(values["supervision"], "supervision")
        namespaces = [:]
        for space in SandboxNamespace.allCases {
            namespaces[space] = try Self.finding(values["namespace-\(space.rawValue)"], "namespace-\(space.rawValue)")
        }
    }

    private static func number(_ text: String?, _ name: String) throws(Unreadable) -> UInt32 {
        guard let text, let number = UInt32(text) else { throw Unreadable(reason: "no number '\(name)'") }
        return number
    }

    private static func finding(
        _ line: (value: String, detail: String)?, _ name: String
    ) throws(Unreadable) -> Finding {
        guard let line, ["yes", "no"].contains(line.value) else { throw Unreadable(reason: "no line '\(name)'") }
        return Finding(works: line.value == "yes", detail: line.detail)
    }
}
