internal import CLinux
internal import Glibc

/// What the helper gives up before it takes the first request: it can write nowhere but where its work is, binds no TCP
/// port, signals nobody else's process, and holds only the capabilities that it needs.
package struct Confinement: Hashable, Sendable {
    /// A place that stays writable.
    package struct Place: Hashable, Sendable {
        /// A file or folder; one that isn't there is left out.
        package var path: String
        /// Whether files beneath it may be made, renamed and removed; else those that are there may be written to.
        package var changes: Bool

        /// A place.
        package init(_ path: String, changes: Bool) {
            self.path = path
            self.changes = changes
        }
    }

    /// The places that stay writable.
    package var places: [Place]

    /// A confinement to `places`.
    package init(places: [Place]) { self.places = places }

    /// CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER to read keys and to give restored files their
    /// owners; CAP_SYS_PTRACE because without it the kernel shows no other user's open files and mounts (proc(5)), which
    /// are signs of use.
    static let capabilities: UInt64 = [0, 1, 2, 3, 19].reduce(0) { $0 | 1 << UInt64($1) }

    /// Places that programs write to when they are only asked what their configuration says (`nginx -T` opens its logs).
    package static let asked: [Place] = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/var/log/nginx", "/run/nginx.pid", "/var/log/apache2",
        "/run/apache2", "/run/lock/apache2",
    ].map { Place($0, changes: false) }

    /// Puts all of it into force for this thread and what it executes.
    /// - Returns: what holds and what could not be applied, a sentence each.
    func apply() -> Report {
        var report = Report()
        report.note(clinux_no_new_privileges() == 0, "no new privileges")
        restrictFiles(&report)
        report.note(clinux_keep_capabilities(Self.capabilities) == 0, "five capabilities of root's")
        return report
    }

    private func restrictFiles(_ report: inout Report) {
        let version = clinux_landlock_version()
        // Before version 2 every rename into another folder is refused, and quarantine is one.
        guard version >= 2 else {
            report.missing.append(
                version < 0
                    ? "Landlock: this kernel has none or it is off (add 'landlock' to the kernel's lsm= list)"
                    : "Landlock: this kernel's version 1 would forbid renames between folders; use Linux 5.19 or later")
            return
        }
        let rules = clinux_landlock_begin()
        guard rules >= 0 else { return report.note(false, "Landlock") }
        defer { close(rules) }
        for place in places {
            guard
                clinux_landlock_allow(
                    rules, place.path, Int32(place.changes ? CLINUX_CHANGE : CLINUX_WRITE)) != 0,
                errno != ENOENT, errno != ENOTDIR
            else { continue }
            report.note(false, "Landlock's rule for \(place.path)")
        }
        report.note(clinux_landlock_enforce(rules) == 0, "Landlock version \(version)")
    }

    /// What came of a confinement.
    struct Report: Hashable {
        var held: [String] = []
        var missing: [String] = []

        /// Takes down whether `what` could be applied; errno says why not.
        mutating func note(_ succeeded: Bool, _ what: String) {
            if succeeded { held.append(what) } else { missing.append("\(what): \(String(cString: strerror(errno)))") }
        }

        /// One line, for the environment of the program that is executed.
        var text: String { held.joined(separator: ", ") + "\n" + missing.joined(separator: "\n") }

        init() {}

        init(text: String) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            held = lines.first.map { $0.isEmpty ? [] : [$0] } ?? []
            missing = lines.dropFirst().filter { !$0.isEmpty }
        }
    }
}

extension Confinement {
    private static let variable = "STEWARD_HELPER_CONFINED"

    /// What this process was confined to by the one that executed it; nil if it is the first.
    package static var inherited: (held: String, missing: [String])? {
        guard let text = getenv(variable).map({ String(cString: $0) }), clinux_has_no_new_privileges() == 1 else {
            return nil
        }
        let report = Report(text: text)
        return (report.held.joined(separator: ", "), report.missing)
    }

    /// Confines this thread and executes this program again with the same arguments: capabilities and Landlock hold for
    /// threads, and the runtime has several by now. Returns only where the program can't be executed.
    package func executeAgain() -> String {
        let report = apply()
        setenv(Self.variable, report.text, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", arguments)
        return "this program can't execute itself (/proc/self/exe): \(String(cString: strerror(errno)))"
    }
}
