import Crypto
import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One line of the audit log. Its hash covers its fields and the hash of the line before.
package struct AuditEntry: Hashable, Sendable {
    /// Whether the line says what is about to be done or what came of it.
    package enum Phase: String, Hashable, Sendable {
        case intent
        case outcome
    }

    /// Its place, from 1 without gaps.
    package var sequence: Int64
    /// When, to the millisecond.
    package var at: Date
    /// Before or after.
    package var phase: Phase
    /// The sequence of the intent that this line belongs to; its own for an intent.
    package var act: Int64
    /// Who did it: a caller's name or `uid 1000`.
    package var actor: String
    /// What: `key.add`.
    package var action: String
    /// To what: the key's name.
    package var subject: String
    /// More; for an outcome `done` or the error.
    package var detail: String
    /// SHA-256 over the line before and this one.
    package var hash: [UInt8]

    var milliseconds: Int64 { Int64((at.timeIntervalSince1970 * 1000).rounded()) }

    init(
        sequence: Int64, at: Date, phase: Phase, act: Int64, actor: String, action: String, subject: String,
        detail: String, after previous: [UInt8]
    ) {
        self.sequence = sequence
        self.at = at
        self.phase = phase
        self.act = act
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
        hash = []
        hash = expectedHash(after: previous)
    }

    init(_ row: Row) {
        sequence = row["sequence"]
        at = Date(timeIntervalSince1970: Double(row["at"] as Int64) / 1000)
        phase = Phase(rawValue: row["phase"]) ?? .intent
        act = row["act"]
        actor = row["actor"]
        action = row["action"]
        subject = row["subject"]
        detail = row["detail"]
        hash = Array(row["hash"] as Data)
    }

    /// What the hash must be. Texts are preceded by their length, so that no two lines give the same bytes.
    func expectedHash(after previous: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: previous)
        for number in [sequence, milliseconds, act] {
            withUnsafeBytes(of: number.littleEndian) { hasher.update(bufferPointer: $0) }
        }
        for text in [phase.rawValue, actor, action, subject, detail] {
            let bytes = Array(text.utf8)
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hasher.update(bufferPointer: $0) }
            hasher.update(data: bytes)
        }
        return Array(hasher.finalize())
    }
}
