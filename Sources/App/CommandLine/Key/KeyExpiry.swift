import ArgumentParser
import Foundation
import StewardServer

/// Reads the WHEN of `--expires`.
enum KeyExpiry {
    /// The moment that `text` means: a duration from `now`, a last day, or the moment itself.
    static func parse(_ text: String, now: Date) throws(ValidationError) -> Date {
        if let date = ExpiryDate.parse(text) {
            guard date > now else { throw ValidationError("--expires: \(text) lies in the past; give a date to come.") }
            return date
        }
        if let duration = DurationText.parse(text) {
            let (seconds, attoseconds) = duration.components
            return now.addingTimeInterval(Double(seconds) + Double(attoseconds) / 1e18)
        }
        throw ValidationError(
            "--expires: '\(text)' is no duration and no date; write 90d, 12h, 2027-01-31 or 2027-01-31T18:00:00Z.")
    }
}
