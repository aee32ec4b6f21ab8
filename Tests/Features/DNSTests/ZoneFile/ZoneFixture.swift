import Foundation
import Testing

/// Zone files of `example.` in many hands' styles; the TLSA records in question are those of `_25._tcp.mail.example.`.
/// `{K1}`, `{K2}`, `{K3}` stand for the data of three records.
struct ZoneFixture: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Each character is one byte (Latin-1).
    let text: String

    var bytes: [UInt8] {
        var text = text
        for (name, head, byte) in [("{K1}", "3 1 1 ", "a1"), ("{K2}", "3 1 1 ", "b2"), ("{K3}", "2 1 1 ", "c3")] {
            text = text.replacingOccurrences(of: name, with: head + String(repeating: byte, count: 32))
        }
        return text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }

    static let all = common + nasty
}
