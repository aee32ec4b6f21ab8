import Foundation

/// What BIND reads out of a zone file: `named-compilezone`'s answer.
struct CompiledZone {
    /// `owner TTL class type data`, one a record, sorted.
    var records: [String]

    /// nil where BIND refuses the file.
    init?(_ bytes: [UInt8], zone: String = "example", words: (String) -> Void = { _ in }) throws {
        let path = NSTemporaryDirectory() + "zone-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/named-compilezone")
        process.arguments = [
            "-i", "none", "-k", "ignore", "-m", "ignore", "-n", "ignore", "-s", "full", "-o", "-", zone, path,
        ]
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        words(String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        records = text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .sorted()
    }

    /// The TLSA records of an owner, each `TTL data`.
    func tlsa(_ owner: String) -> [String] {
        let own = records.map { $0.split(separator: " ").map(String.init) }.filter { words in
            words.count > 4 && words[0].lowercased() == owner && words[3] == "TLSA"
        }
        return own.map { words in
            let data = words[4..<7].joined(separator: " ") + " " + words[7...].joined().lowercased()
            return words[1] + " " + data
        }.sorted()
    }

    /// All other records, the SOA without its serial.
    func others(_ owner: String) -> [String] {
        records.compactMap { record in
            var words = record.split(separator: " ").map(String.init)
            if words.count > 6, words[3] == "SOA" { words[6] = "serial" }
            return words[0].lowercased() == owner && words[3] == "TLSA" ? nil : words.joined(separator: " ")
        }
    }

    var serial: UInt32? {
        let words = records.first { $0.contains(" IN SOA ") }?.split(separator: " ")
        return words.flatMap { $0.count > 6 ? UInt32($0[6]) : nil }
    }
}
