import Glibc

// A module below imports Foundation, and then the compiler takes `timespec` for CoreFoundation's.
internal import CoreFoundation

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Observation.Uptime {
    /// This machine's now: CLOCK_BOOTTIME (clock_gettime(2)) since the start that the kernel's boot id names; nil where
    /// either can't be read.
    package static var now: Observation.Uptime? {
        var time = timespec()
        guard clock_gettime(CLOCK_BOOTTIME, &time) == 0, let boot = boot else { return nil }
        return Observation.Uptime(boot: boot, seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// It doesn't change while the machine runs.
    private static let boot: String? = {
        guard let folder = try? DurableFolder(path: "/proc/sys/kernel/random"), let bytes = try? folder.read("boot_id")
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        return text.isEmpty ? nil : text
    }()
}
