/// Durations on the command line: `500ms`, `30s`, `5m`, `12h`, `90d`, as the settings file writes them.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// The longest: 100 years.
    private static let longest: Int64 = 36_525 * 86_400_000

    /// The duration; nil if `text` is none, is zero or is longer than a hundred years.
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number > 0,
            let unit = units.first(where: { $0.name == text.dropFirst(digits.count) })
        else { return nil }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow, milliseconds <= longest else { return nil }
        return .milliseconds(milliseconds)
    }
}
