/// Durations in words.
package enum GPUTime {
    /// `0.4 s`, `35 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
    package static func text(_ seconds: Double) -> String {
        if seconds < 10 {
            let tenths = Int((max(seconds, 0) * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        }
        let whole = Int(min(seconds, 1e12).rounded())
        if whole < 120 { return "\(whole) s" }
        if whole < 7200 { return "\(whole / 60) min" }
        let hours = whole / 3600
        if hours < 48 {
            let minutes = whole % 3600 / 60
            return minutes == 0 ? "\(hours) h" : "\(hours) h \(minutes) min"
        }
        return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
    }
}
