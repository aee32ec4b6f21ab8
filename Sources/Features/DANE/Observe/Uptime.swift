extension Observation.Uptime {
    /// This machine's now: seconds since its start, asleep ones too (proc_uptime(5)), and that start's id; nil where
    /// either can't be read.
    package static var now: Observation.Uptime? {
        guard let boot, let text = text("/proc", "uptime"),
            let seconds = text.split(separator: " ").first.flatMap({ Double($0) })
        else { return nil }
        return Observation.Uptime(boot: boot, seconds: seconds)
    }

    /// It doesn't change while the machine runs.
    private static let boot = text("/proc/sys/kernel/random", "boot_id")

    private static func text(_ folder: String, _ name: String) -> String? {
        guard let bytes = try? DurableFolder(path: folder).read(name), !bytes.isEmpty else { return nil }
        return String(decoding: bytes.filter { $0 != 10 }, as: UTF8.self)
    }
}
