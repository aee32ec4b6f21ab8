/// Splits what a server sends into lines, within limits.
struct LineReader: Sendable {
    /// The longest line, in bytes with its end. RFC 5321 allows 512 in a reply; servers send more.
    static let lineLimit = 8_192
    /// The most that may be said before TLS, in bytes.
    static let totalLimit = 65_536

    private var bytes: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var total = 0

    /// How many bytes wait that belong to no line taken so far.
    var pending: Int { bytes.count - start }

    /// Adds what came.
    mutating func append(_ more: [UInt8]) throws(DialogueFailure) {
        total += more.count
        guard total <= Self.totalLimit else {
            throw DialogueFailure(.unintelligible, "it said more than \(Self.totalLimit) bytes before TLS")
        }
        bytes += more
    }

    /// The next whole line without its end; nil if there is none yet.
    mutating func next() throws(DialogueFailure) -> String? {
        guard let end = bytes[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            guard pending < Self.lineLimit else { throw tooLong }
            return nil
        }
        guard end - start < Self.lineLimit else { throw tooLong }
        var line = bytes[start..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        start = end + 1
        searched = start
        return String(decoding: line, as: UTF8.self)
    }

    private var tooLong: DialogueFailure {
        DialogueFailure(.unintelligible, "it sent a line of more than \(Self.lineLimit) bytes")
    }
}

/// A dialogue of lines.
protocol LineDialogue: Dialogue {
    /// What splits them.
    var reader: LineReader { get set }
    /// Whether the server may say things that nobody asked for.
    var hearsUnasked: Bool { get }
    /// One line came. Throws what ends the dialogue.
    mutating func take(_ line: String) throws(DialogueFailure) -> DialogueAction?
}

extension LineDialogue {
    mutating func begin() -> [DialogueAction] { [] }

    mutating func receive(_ bytes: [UInt8]) -> [DialogueAction] {
        var actions: [DialogueAction] = []
        do throws(DialogueFailure) {
            try reader.append(bytes)
            while let line = try reader.next() {
                guard let action = try take(line) else { continue }
                try check(action)
                actions.append(action)
                if action == .startTLS { break }
            }
        } catch {
            actions.append(.fail(error))
        }
        return actions
    }

    /// What is still unread at a turn of the conversation was said before it was asked for; behind the go-ahead it is
    /// an attacker's attempt to have plain text taken for protected (CVE-2011-0411).
    private func check(_ action: DialogueAction) throws(DialogueFailure) {
        guard reader.pending > 0 else { return }
        if action == .startTLS {
            throw DialogueFailure(.injected, "\(reader.pending) bytes of plain text came behind its go-ahead for TLS")
        }
        if !hearsUnasked { throw DialogueFailure(.unintelligible, "it answered before it was asked") }
    }
}

/// Bytes of an ASCII command with its CR LF.
func command(_ words: String) -> [UInt8] { Array(words.utf8) + [13, 10] }
