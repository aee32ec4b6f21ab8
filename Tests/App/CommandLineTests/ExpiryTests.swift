import ArgumentParser
import Foundation
import Testing

@testable import StewardCommandLine

@Suite("When a key expires")
struct ExpiryTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)  // 2027-01-15T08:00:00Z

    @Test(
        "A duration counts from now, a day lasts to its end, a moment is itself",
        arguments: [
            ("90d", 1_800_000_000 + 90 * 86_400), ("1500ms", 1_800_000_001.5), ("2027-01-31", 1_801_440_000),
            ("2027-01-15T08:00:01Z", 1_800_000_001),
        ] as [(String, Double)])
    func moments(text: String, seconds: Double) throws {
        #expect(try KeyExpiry.parse(text, now: Self.now).timeIntervalSince1970 == seconds)
    }

    @Test(
        "What is past or no time is refused",
        arguments: ["2027-01-14", "2026-12-31", "tomorrow", "90", "", "2027-02-30"])
    func refused(text: String) {
        #expect(throws: ValidationError.self) { try KeyExpiry.parse(text, now: Self.now) }
    }
}
