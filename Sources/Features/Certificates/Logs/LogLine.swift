import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A line of certbot's log: `2025-11-02 03:04:05,678:LEVEL:logger:message` (certbot `log.py`).
struct LogLine {
    let level: Substring
    let logger: Substring
    let message: Substring
    private let numbers: [Int]

    /// nil for lines that go on with a message, and for those that can't matter.
    init?(_ line: ArraySlice<UInt8>) {
        let start = line.startIndex
        guard line.count > 26, line[start] >= 0x30, line[start] <= 0x39, line[start + 4] == UInt8(ascii: "-"),
            line[start + 10] == 0x20, line[start + 13] == UInt8(ascii: ":"), line[start + 19] == UInt8(ascii: ",")
        else { return nil }
        var rest = line[(start + 20)...]
        guard let dateEnd = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        rest = rest[(dateEnd + 1)...]
        guard let levelEnd = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let level = rest[..<levelEnd]
        rest = rest[(levelEnd + 1)...]
        guard let loggerEnd = rest.firstIndex(of: UInt8(ascii: ":")), rest.starts(with: "certbot".utf8) else {
            return nil
        }
        numbers = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19, 20..<23].map { range in
            line.dropFirst(range.lowerBound).prefix(range.count).reduce(0) {
                $1 >= 0x30 && $1 <= 0x39 ? $0 * 10 + Int($1) - 0x30 : $0
            }
        }
        self.level = Substring(String(decoding: level, as: UTF8.self))
        logger = Substring(String(decoding: rest[..<loggerEnd], as: UTF8.self))
        message = Substring(FileName.shown(rest[(loggerEnd + 1)...]))
    }

    /// When it was written.
    func date(_ zone: RenewalLog.Zone) -> Date? {
        guard 1...12 ~= numbers[1], 1...31 ~= numbers[2], numbers[3] < 25, numbers[4] < 60, numbers[5] < 62 else {
            return nil
        }
        let fraction = Double(numbers[6]) / 1000
        switch zone {
        case .fixed(let offset):
            let days = DERTime.days(numbers[0], numbers[1], numbers[2])
            let seconds = days * 86400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5] - offset
            return Date(timeIntervalSince1970: Double(seconds) + fraction)
        case .local:
            var time = tm()
            time.tm_year = Int32(numbers[0] - 1900)
            time.tm_mon = Int32(numbers[1] - 1)
            time.tm_mday = Int32(numbers[2])
            time.tm_hour = Int32(numbers[3])
            time.tm_min = Int32(numbers[4])
            time.tm_sec = Int32(numbers[5])
            time.tm_isdst = -1
            return Date(timeIntervalSince1970: Double(mktime(&time)) + fraction)
        }
    }
}
