#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Durations and dates as people read them.
package enum Wording {
    /// `2 d 4 h`, `3 h 20 min`, `5 min`, `12 s`; never less than 0.
    package static func span(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds.rounded(.up), 1e12)))
        let (days, hours, minutes) = (whole / 86_400, whole % 86_400 / 3600, whole % 3600 / 60)
        if days >= 10 || days > 0 && hours == 0 { return "\(days) d" }
        if days > 0 { return "\(days) d \(hours) h" }
        if hours > 0 { return minutes == 0 ? "\(hours) h" : "\(hours) h \(minutes) min" }
        return minutes > 0 && whole % 60 == 0 || minutes >= 10 ? "\(minutes) min" : shortSpan(whole)
    }

    private static func shortSpan(_ whole: Int) -> String {
        whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
    }

    /// How far before its expiry: `27 days before expiry`, `5 h before expiry`, `after its expiry`.
    static func before(expiry: Date, _ moment: Date) -> String {
        let left = expiry.timeIntervalSince(moment)
        if left <= 0 { return "after expiry" }
        let days = Int(left / 86_400)
        return days >= 2 ? "\(days) days before expiry" : "\(span(left)) before expiry"
    }

    /// `2025-03-01 12:00 UTC`.
    package static func date(_ date: Date) -> String {
        let text = date.formatted(.iso8601)
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC"
    }

    /// `a, b and c`.
    static func list(_ words: [String]) -> String {
        words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
    }
}
