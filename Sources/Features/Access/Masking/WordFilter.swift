/// Tells quickly that none of some words occurs in a text, whatever its case: most names need no closer look.
struct WordFilter: Hashable, Sendable {
    /// For each lower-case first byte the words that begin with it.
    private let byFirst: [[[UInt8]]]
    /// Whether a word isn't ASCII, so that every text needs the closer look.
    private let isBlunt: Bool

    /// A filter for `words`, which are in lower case.
    init(_ words: some Sequence<String>) {
        var byFirst = [[[UInt8]]](repeating: [], count: 128)
        var isBlunt = false
        for word in words {
            let bytes = Array(word.utf8)
            guard let first = bytes.first, bytes.allSatisfy({ $0 < 128 }) else {
                isBlunt = isBlunt || !bytes.isEmpty
                continue
            }
            byFirst[Int(first)].append(bytes)
        }
        self.byFirst = byFirst
        self.isBlunt = isBlunt
    }

    /// Whether one of the words may occur in `text`; false is certain. Texts that aren't ASCII may always.
    func mayOccur(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        if isBlunt { return true }
        for index in text.indices {
            let byte = Self.folded(text[index])
            if byte >= 128 { return true }
            for word in byFirst[Int(byte)] where Self.matches(word, text, at: index) { return true }
        }
        return false
    }

    private static func matches(_ word: [UInt8], _ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        guard start + word.count <= text.count else { return false }
        for offset in 1..<max(word.count, 1) where folded(text[start + offset]) != word[offset] { return false }
        return true
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
}
