/// How a zone counts its versions, and the next one (RFC 1982 has the arithmetic).
package enum ZoneSerial: Hashable, Sendable {
    /// YYYYMMDDnn.
    case date
    /// Seconds since 1970.
    case unixTime
    /// One more each time.
    case plain

    /// The style of `serial` when it is `now`, in seconds since 1970.
    package init(of serial: UInt32, now: Int64) {
        let (year, month, day) = (serial / 1_000_000, serial / 10_000 % 100, serial / 100 % 100)
        if (1980...2099).contains(year), (1...12).contains(month), (1...31).contains(day) {
            self = .date
        } else if serial >= 1_000_000_000, Int64(serial) <= now + 86_400 {
            self = .unixTime
        } else {
            self = .plain
        }
    }

    /// Whether `serial` comes after `other` (RFC 1982, section 3.2); not for the two that are 2^31 apart.
    package static func isAfter(_ serial: UInt32, _ other: UInt32) -> Bool {
        (1..<0x8000_0000).contains(serial &- other)
    }

    /// The next serial, in `serial`'s style and always after it: past nn = 99 the date style goes on counting, as does any
    /// style whose time lies ahead. `now` in seconds since 1970.
    package static func next(after serial: UInt32, now: Int64) -> UInt32 {
        let wish: UInt32?
        switch ZoneSerial(of: serial, now: now) {
        case .date: wish = UInt32(exactly: today(now) * 100 + 1)
        case .unixTime: wish = UInt32(exactly: now)
        case .plain: wish = nil
        }
        if let wish, isAfter(wish, serial) { return wish }
        let next = serial &+ 1
        return next == 0 ? 1 : next
    }

    /// YYYYMMDD in UTC (H. Hinnant's days-to-civil).
    private static func today(_ now: Int64) -> Int64 {
        let days = (now >= 0 ? now : now - 86_399) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return year * 10_000 + month * 100 + dayOfYear - (153 * shifted + 2) / 5 + 1
    }
}
