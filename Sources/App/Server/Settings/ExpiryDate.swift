import StewardSettings

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ValueKind where Value == Date {
    /// `2027-12-31`, the last day in UTC that counts, or `2027-12-31T18:00:00Z`, the moment (RFC 3339).
    package static var expiry: ValueKind {
        .scalar("date", format: { ExpiryDate.write($0) }) { text throws(ValueRefusal) in
            guard let date = ExpiryDate.parse(text) else {
                throw ValueRefusal("\"\(text)\" is not a date; write 2027-12-31 or 2027-12-31T18:00:00Z")
            }
            return date
        }
    }
}

/// Reads and writes the moment when a key stops counting.
package enum ExpiryDate {
    /// The moment; nil if `text` is neither a date nor a UTC timestamp.
    package static func parse(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let days = daysSince1970(year: year, month: month, day: day)
        else { return nil }
        if bytes.count == 10 { return Date(timeIntervalSince1970: Double((days + 1) * 86_400)) }
        guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 + hour * 3600 + minute * 60 + second))
    }

    /// The moment in UTC, `2027-12-31T18:00:00Z`.
    package static func write(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.allSatisfy { (0x30...0x39).contains($0) } ? digits.reduce(0) { $0 * 10 + Int($1) - 0x30 } : nil
    }

    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int? {
        guard year >= 1970, (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        let before = year - 1
        let leapDays = before / 4 - before / 100 + before / 400 - 477
        return (year - 1970) * 365 + leapDays + lengths[..<(month - 1)].reduce(0, +) + day - 1
    }
}
