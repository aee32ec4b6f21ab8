/// A unit with how many of the base unit it is.
private struct Unit: Sendable {
    var name: String
    var factor: Int
}

private enum Quantity {
    /// Splits `30 s` into its digits and its unit.
    static func split(_ text: String) -> (digits: Substring, unit: Substring)? {
        let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
        guard !digits.isEmpty else { return nil }
        return (digits, text[digits.endIndex...].drop { $0 == " " })
    }

    static func format(_ value: Int, units: [Unit]) -> String {
        guard value != 0 else { return "0\(units[0].name)" }
        let best = units.last { value % $0.factor == 0 } ?? units[0]
        return "\(value / best.factor)\(best.name)"
    }

    static func parse(
        _ text: String, kind: String, units: [Unit], examples: String
    ) throws(ValueRefusal) -> Int {
        let advice = "write a whole number with a unit: \(examples)"
        guard let (digits, name) = split(text) else { throw ValueRefusal("\"\(text)\" is not a \(kind); \(advice)") }
        guard !name.isEmpty else { throw ValueRefusal("\"\(text)\" has no unit; \(advice)") }
        guard let unit = units.first(where: { $0.name == name }) else {
            let near = units.first { $0.name.lowercased() == name.lowercased() }
            let hint = near.map { "did you mean \(digits)\($0.name)?" } ?? advice
            throw ValueRefusal("\"\(text)\" is not a \(kind); \(hint)")
        }
        guard let number = Int(digits) else { throw ValueRefusal("\"\(text)\" is too large") }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        guard !overflow else { throw ValueRefusal("\"\(text)\" is too large") }
        return value
    }
}

extension ValueKind where Value == Duration {
    private static var units: [Unit] {
        [
            Unit(name: "ms", factor: 1), Unit(name: "s", factor: 1000), Unit(name: "m", factor: 60_000),
            Unit(name: "h", factor: 3_600_000), Unit(name: "d", factor: 86_400_000),
        ]
    }

    /// Reads a whole number of ms, s, m, h or d: `1500ms`, `30d`.
    package static func parse(_ text: String) throws(ValueRefusal) -> Duration {
        .milliseconds(try Quantity.parse(text, kind: "duration", units: units, examples: "500ms, 30s, 5m, 1h"))
    }

    /// A whole number of ms, s, m, h or d in `range`.
    package static func duration(in range: ClosedRange<Duration>) -> ValueKind {
        .scalar("duration", format: { write($0) }) { text throws(ValueRefusal) in
            let value = try parse(text)
            guard range.contains(value) else {
                throw ValueRefusal(
                    "\(text) is out of range; allowed: \(write(range.lowerBound)) to \(write(range.upperBound))")
            }
            return value
        }
    }

    /// The duration as a settings file writes it: `1500ms`, `30s`, `2h`.
    package static func write(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        return Quantity.format(milliseconds, units: units)
    }
}

extension ValueKind where Value == Int {
    private static var sizes: [Unit] {
        [
            Unit(name: "B", factor: 1), Unit(name: "KiB", factor: 1 << 10), Unit(name: "MiB", factor: 1 << 20),
            Unit(name: "GiB", factor: 1 << 30),
        ]
    }

    /// A number of bytes in `range`: B, kB, MB, GB (thousands) or KiB, MiB, GiB (1024).
    package static func size(in range: ClosedRange<Int>) -> ValueKind {
        let decimal = [
            Unit(name: "kB", factor: 1000), Unit(name: "MB", factor: 1_000_000),
            Unit(name: "GB", factor: 1_000_000_000),
        ]
        return .scalar("size", format: { writeSize($0) }) { text throws(ValueRefusal) in
            let value = try Quantity.parse(
                text, kind: "size", units: sizes + decimal, examples: "500B, 64KiB, 128MiB, 1GiB")
            guard range.contains(value) else {
                throw ValueRefusal(
                    "\(text) is out of range; allowed: \(writeSize(range.lowerBound)) to \(writeSize(range.upperBound))"
                )
            }
            return value
        }
    }

    /// Reads a number of bytes: `20GiB`, `500MB`.
    package static func parseSize(_ text: String) throws(ValueRefusal) -> Int {
        let decimal = [
            Unit(name: "kB", factor: 1000), Unit(name: "MB", factor: 1_000_000),
            Unit(name: "GB", factor: 1_000_000_000),
        ]
        return try Quantity.parse(text, kind: "size", units: sizes + decimal, examples: "500MiB, 20GiB, 40GB")
    }

    /// The size as a settings file writes it: `64KiB`.
    package static func writeSize(_ bytes: Int) -> String {
        Quantity.format(bytes, units: sizes)
    }
}
