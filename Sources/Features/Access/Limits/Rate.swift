import StewardSettings

/// So many requests in such a time, and how many of them may come at once: `100/s`, `20/10s`, `20/s burst 40`.
/// As a bucket it holds `burst` requests and earns one more every `interval`.
package struct Rate: Hashable, Sendable, CustomStringConvertible {
    /// How many requests.
    package let count: Int
    /// In how long, nanoseconds.
    package let period: UInt64
    /// How many may come at once; `count` unless it is said.
    package let burst: Int
    /// After so many nanoseconds one more request is earned.
    package let interval: UInt64
    /// How long an empty bucket takes to be full again, nanoseconds.
    package let window: UInt64

    private static let second: UInt64 = 1_000_000_000
    private static let units: [(name: String, length: UInt64)] = [
        ("s", second), ("m", 60 * second), ("h", 3600 * second), ("d", 86_400 * second),
    ]
    private static let longest: UInt64 = 365 * 86_400 * second
    private static let most = 1_000_000
    private static let advice = "write 100/s, 20/10s, 1000/h or, to let more come at once, 20/s burst 40"

    private init(count: Int, period: UInt64, burst: Int) {
        self.count = count
        self.period = period
        self.burst = burst
        interval = period / UInt64(count)
        window = interval * UInt64(burst)
    }

    /// Reads `COUNT/[N]UNIT` with an optional `burst COUNT`.
    package init(parsing text: String) throws(ValueRefusal) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 1 || (words.count == 3 && words[1] == "burst"),
            let slash = words[0].firstIndex(of: "/")
        else { throw ValueRefusal("\"\(text)\" is not a rate; \(Self.advice)") }
        let count = try Self.number(words[0][..<slash], in: text)
        let period = try Self.period(words[0][words[0].index(after: slash)...], in: text)
        let burst = words.count == 3 ? try Self.number(words[2], in: text) : count
        let (window, overflows) = (period / UInt64(count)).multipliedReportingOverflow(by: UInt64(burst))
        guard !overflows, window <= Self.longest else {
            throw ValueRefusal("\"\(text)\": a burst of \(burst) would take more than a year to be earned again")
        }
        self.init(count: count, period: period, burst: burst)
    }

    private static func number(_ digits: Substring, in text: String) throws(ValueRefusal) -> Int {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ValueRefusal("\"\(text)\" is not a rate; \(advice)")
        }
        guard let number = Int(digits), (1...most).contains(number) else {
            throw ValueRefusal("\"\(text)\": \(digits) is out of range; allowed: 1 to \(most)")
        }
        return number
    }

    private static func period(_ word: Substring, in text: String) throws(ValueRefusal) -> UInt64 {
        let digits = word.prefix { $0.isASCII && $0.isWholeNumber }
        let name = word[digits.endIndex...]
        guard let unit = units.first(where: { $0.name == name }) else {
            let near = units.first { name.lowercased().hasPrefix($0.name) }
            let hint = near.map { "did you mean \(text.prefix { $0 != "/" })/\(digits)\($0.name)?" } ?? advice
            throw ValueRefusal("\"\(text)\" is not a rate; \(hint)")
        }
        guard !digits.isEmpty else { return unit.length }
        let number = try number(digits, in: text)
        let (period, overflows) = unit.length.multipliedReportingOverflow(by: UInt64(number))
        guard !overflows, period <= longest else { throw ValueRefusal("\"\(text)\": more than a year") }
        return period
    }

    /// The rate as a settings file writes it.
    package var description: String {
        let unit = Self.units.last { period % $0.length == 0 } ?? Self.units[0]
        let number = period / unit.length
        return "\(count)/\(number == 1 ? "" : String(number))\(unit.name)" + (burst == count ? "" : " burst \(burst)")
    }
}

extension ValueKind where Value == Rate {
    /// A rate: `100/s`, `20/10s`, `20/s burst 40`.
    package static var rate: ValueKind {
        .scalar("rate", format: \.description) { text throws(ValueRefusal) in try Rate(parsing: text) }
    }
}
