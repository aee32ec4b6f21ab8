import Foundation
import StewardAccess
import StewardSettings
import Testing

/// The table of forwarding headers, each line with the client that it means; `Benchmarks/access/forwarded.py` writes it.
@Suite struct ForwardedTableTests {
    @Test func everyLineOfTheTableGivesItsClient() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("forwarded.tsv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        var wrong: [String] = []
        for line in lines {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            try #require(fields.count == 5, "\(line)")
            let trusted = AddressList(
                try fields[0].split(separator: " ").map { try AddressBlock(parsing: String($0)) })
            let found = ClientAddress.resolve(
                peer: address(String(fields[1])), forwarded: headers(fields[2]), xForwardedFor: headers(fields[3]),
                trusted: trusted)
            if found != address(String(fields[4])) { wrong.append("\(line): \(found)") }
        }
        print("forwarded addresses: \(lines.count) cases, \(wrong.count) wrong")
        #expect(lines.count >= 300 && wrong.isEmpty, "\(wrong)")
    }

    private func headers(_ field: Substring) -> [String] {
        field.split(separator: "|").map { $0 == "<>" ? "" : $0.replacingOccurrences(of: "<TAB>", with: "\t") }
    }
}
