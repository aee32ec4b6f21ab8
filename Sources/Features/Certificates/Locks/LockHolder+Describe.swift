#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension LockHolder {
    /// What a process that holds a lock of certbot's is doing, how long that lasts and what to do; pure.
    /// - Parameters:
    ///   - facts: The process.
    ///   - now: The time.
    init(_ facts: ProcessFacts, now: Date) {
        let (activity, advice) = Self.activity(facts, now)
        self.init(
            pid: facts.pid, command: facts.command, since: facts.since, state: facts.state.map(Self.word),
            container: Self.container(facts.cgroup), activity: activity,
            advice: [advice, LockHolder.leaveTheFile])
    }

    private static func word(_ state: Character) -> String {
        switch state {
        case "R": "running"
        case "S", "I": "sleeping"
        case "D": "waiting for the disk"
        case "T", "t": "stopped"
        case "Z", "X": "dead"
        default: String(state)
        }
    }

    private static func activity(_ facts: ProcessFacts, _ now: Date) -> (String, String) {
        let isRenew = facts.command.contains("renew")
        let age = facts.since.map { now.timeIntervalSince($0) }
        let isAsleep = facts.waitsIn.map { $0.contains("nanosleep") || $0.contains("select") } ?? (facts.state == "S")
        if facts.state == "T" || facts.state == "t" {
            return ("stopped", "It stays so until someone continues it: kill -CONT \(facts.pid).")
        }
        if let child = facts.children.first {
            let name = child.joined(separator: " ")
            return (
                "running `\(name)` (a hook or plugin)",
                "It holds the lock until that ends: usually seconds; if it hangs, look at that program."
            )
        }
        if isRenew && !facts.hasTerminal && isAsleep && facts.sockets == 0 && (age ?? 0) < 8 * 60 + 30
            && !facts.command.contains("--no-random-sleep-on-renew")
        {
            return (
                "sleeping before it renews",
                "certbot renew without a terminal first sleeps for a random time of up to 8 minutes, holding its locks: "
                    + "wait until \(age.map { Int(max(0, 480 - $0)) } ?? 480) s from now at most, then seconds more."
            )
        }
        if facts.hasTerminal
            && facts.waitsIn.map({ $0.contains("tty") || $0.contains("n_tty") || $0.contains("wait_woken") }) ?? false
            && facts.sockets == 0
        {
            return ("waiting for an answer at its terminal", "It goes on when someone answers there.")
        }
        if facts.sockets > 0 {
            return (
                "talking to the network",
                "A certificate usually takes 5 to 60 s, with dns-01 up to some minutes (the wait for the record)."
            )
        }
        if facts.state == "R" || facts.state == "D" {
            return ("working", "certbot usually takes seconds for each certificate.")
        }
        return ("waiting", "certbot usually takes seconds, with dns-01 minutes; after an hour look at its log.")
    }

    /// The container of a process, by its cgroup: the runtime and the start of the id.
    static func container(_ cgroup: [String]) -> String? {
        for line in cgroup {
            for part in line.split(separator: "/").reversed() {
                let part = part.hasSuffix(".scope") ? part.dropLast(6) : part
                let id = part.suffix(64)
                if id.count == 64, id.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) {
                    let prefix = part.dropLast(64).split(separator: "-").first.map(String.init)
                    let runtime = prefix ?? (line.contains("docker") ? "docker" : nil)
                    return (runtime.map { "\($0) " } ?? "") + id.prefix(12)
                }
                for prefix in ["machine-", "lxc.payload.", "lxc-"] where part.hasPrefix(prefix) {
                    return String(part.dropFirst(prefix.count))
                }
            }
        }
        return nil
    }
}
