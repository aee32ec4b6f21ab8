import Glibc

/// Seconds since 1970 that never jump: the boot's clock, set to the time of day once.
package enum LaneClock {
    /// What is added to the boot's clock. Another start of the server may have another one, where the time of day was set
    /// between them.
    static let offset: Double = read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME)

    /// Now.
    package static var now: Double { read(CLOCK_BOOTTIME) + offset }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What holds moments of the lane's clock.
protocol Timed {
    /// All its moments are `seconds` later.
    mutating func shift(by seconds: Double)
}

extension GPUTicket: Timed {
    mutating func shift(by seconds: Double) { since += seconds }
}

extension GPULease: Timed {
    mutating func shift(by seconds: Double) {
        granted += seconds
        ticket.shift(by: seconds)
    }
}
