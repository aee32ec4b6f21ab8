import Crypto

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The journal's text: JSON lines, each with the SHA-256 of its record, so that a torn or rotten line is known.
enum JournalText {
    private static let start = Array(#"{"sum":""#.utf8), middle = Array(#"","record":"#.utf8)

    /// A record's line, with its newline.
    static func line(_ record: JournalRecord) throws(RemovalError) -> [UInt8] {
        let body = try JSONText.encode(record)
        return start + sum(body) + middle + body + [UInt8(ascii: "}"), UInt8(ascii: "\n")]
    }

    private static func sum(_ body: some Sequence<UInt8>) -> [UInt8] {
        Array(Fingerprint(Array(SHA256.hash(data: Array(body)))).description.utf8)
    }

    /// What a journal says.
    struct Content {
        var records: [JournalRecord] = []
        /// Bytes up to the end of the last whole record.
        var length = 0
        /// Whether something that is no record follows: an append that was cut short.
        var isTorn = false
    }

    /// Reads a journal. A bad end is a torn append, which never happened; a bad line before a good one is damage.
    /// - Throws: ``RemovalError`` of the code `journalDamaged` that names the line.
    static func parse(_ bytes: [UInt8], path: String) throws(RemovalError) -> Content {
        var content = Content()
        var bad: Int?
        var rest = bytes[...]
        var number = 0
        while !rest.isEmpty {
            number += 1
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")), let record = record(rest[..<end]) else {
                bad = bad ?? number
                rest = rest.firstIndex(of: UInt8(ascii: "\n")).map { rest[($0 + 1)...] } ?? []
                continue
            }
            if let bad {
                throw RemovalError(
                    .journalDamaged, "\(path):\(bad): the line is damaged, and whole ones follow it.",
                    "Nothing is moved until this is settled: compare the folders beside the journal with the tree, "
                        + "then move the journal aside. What is in quarantine stays listed.")
            }
            content.records.append(record)
            rest = rest[(end + 1)...]
            content.length = end + 1
        }
        content.isTorn = bad != nil
        return content
    }

    private static func record(_ line: ArraySlice<UInt8>) -> JournalRecord? {
        let head = start.count + 64 + middle.count
        guard line.count > head + 1, line.starts(with: start), line.last == UInt8(ascii: "}"),
            line.dropFirst(start.count + 64).starts(with: middle)
        else { return nil }
        let body = line.dropFirst(head).dropLast()
        guard line.dropFirst(start.count).prefix(64).elementsEqual(sum(body)) else { return nil }
        return try? JSONText.decode(JournalRecord.self, from: Array(body), path: "")
    }
}

/// JSON with a stable order of keys.
enum JSONText {
    static func encode(_ value: some Encodable) throws(RemovalError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do { return Array(try encoder.encode(value)) } catch {
            throw RemovalError(.system, "A record can't be written as JSON: \(error).")
        }
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], path: String
    ) throws(RemovalError) -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do { return try decoder.decode(type, from: Data(bytes)) } catch {
            throw RemovalError(.tree, "\(path) can't be read: \(error).")
        }
    }
}
