#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5): `YYMMDDhhmmssZ` and `YYYYMMDDhhmmssZ`.
enum DERTime {
    /// The time; nil where it isn't one.
    static func date(_ element: DER.Element) -> Date? {
        let isLong = element.tag == DER.Tag.generalizedTime
        guard isLong || element.tag == DER.Tag.utcTime else { return nil }
        let digits = element.content.prefix { $0 >= 0x30 && $0 <= 0x39 }.map { Int($0) - 0x30 }
        let yearDigits = isLong ? 4 : 2
        // Seconds may be missing in certificates older than the RFC.
        guard digits.count == yearDigits + 10 || digits.count == yearDigits + 8 else { return nil }
        func number(_ start: Int, _ count: Int = 2) -> Int {
            digits[start...].prefix(count).reduce(0) { $0 * 10 + $1 }
        }
        var year = number(0, yearDigits)
        if !isLong { year += year < 50 ? 2000 : 1900 }
        let rest = yearDigits
        let (month, day) = (number(rest), number(rest + 2))
        guard month >= 1, month <= 12, day >= 1, day <= 31 else { return nil }
        let seconds = number(rest + 4) * 3600 + number(rest + 6) * 60 + number(rest + 8)
        return Date(timeIntervalSince1970: Double(days(year, month, day) * 86400 + seconds))
    }

    /// Days since 1970 in the Gregorian calendar, counted in years that begin in March.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
