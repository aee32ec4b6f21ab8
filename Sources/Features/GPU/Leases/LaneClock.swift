import Glibc

/// Seconds since 1970 that never jump: the boot's clock, set to the time of day once.
package enum LaneClock {
    private static let offset: Double = read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME)

    /// Now.
    package static var now: Double { read(CLOCK_BOOTTIME) + offset }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
