/// One line of a ConfigObj file, read as ConfigObj's regular expressions `_sectionmarker`, `_keyword` and
/// `_triple_quote` read it, in time linear to its length.
struct ConfigLine {
    /// `[[name]]`: the brackets are counted on each side.
    struct SectionMarker: Equatable {
        var opened: Int
        var closed: Int
        var name: ArraySlice<UInt8>
    }

    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    private static let (double, single, hash) = (UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "#"))

    var isBlankOrComment: Bool {
        let start = Self.skipSpace(bytes, bytes.startIndex)
        return start == bytes.endIndex || bytes[start] == Self.hash
    }

    // MARK: - Sections

    func sectionMarker() -> SectionMarker? {
        var starts: [Int] = []
        var index = Self.skipSpace(bytes, bytes.startIndex)
        while index < bytes.endIndex, bytes[index] == UInt8(ascii: "[") {
            index = Self.skipSpace(bytes, index + 1)
            starts.append(index)
            if starts.count > 64 { break }
        }
        // The expression takes all the brackets that it can and gives back one at a time.
        while let start = starts.popLast() {
            if let (end, closed) = sectionName(start) {
                return SectionMarker(opened: starts.count + 1, closed: closed, name: bytes[start..<end])
            }
        }
        return nil
    }

    private func sectionName(_ start: Int) -> (end: Int, closed: Int)? {
        guard start < bytes.endIndex else { return nil }
        let first = bytes[start]
        if first == Self.double || first == Self.single {
            var filled = false
            for end in bytes.indices[(start + 1)...] {
                if bytes[end] == first, filled, case .found(let closed) = closing(end + 1) { return (end + 1, closed) }
                filled = filled || !Self.isSpace(bytes, end)
            }
            return nil
        }
        guard Self.spaceWidth(bytes, start) == 0 else { return nil }
        var end = start + 1
        while end <= bytes.endIndex {
            switch closing(end) {
            case .found(let closed): return (end, closed)
            case .stopped(let at): end = max(end + 1, at)
            }
        }
        return nil
    }

    private enum Closing {
        case found(Int)
        /// Not here, nor anywhere before this place.
        case stopped(Int)
    }

    private func closing(_ start: Int) -> Closing {
        var (index, count) = (Self.skipSpace(bytes, start), 0)
        while index < bytes.endIndex, bytes[index] == UInt8(ascii: "]") {
            count += 1
            index = Self.skipSpace(bytes, index + 1)
        }
        let ends = index == bytes.endIndex || bytes[index] == Self.hash
        return count > 0 && ends ? .found(count) : .stopped(index)
    }

    // MARK: - Keys

    /// The key as written and the value with its comment; nil if the line is no `key = value`.
    func keyword() -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        let start = Self.skipSpace(bytes, bytes.startIndex)
        if let found = keyword(at: start) { return found }
        // The expression gives back one character of the indentation, which then begins the key.
        guard start > bytes.startIndex else { return nil }
        return unquotedKey(Self.lastCharacter(bytes[..<start]))
    }

    private func keyword(at start: Int) -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        guard start < bytes.endIndex, bytes[start] != UInt8(ascii: "=") else { return nil }
        let first = bytes[start]
        guard first == Self.double || first == Self.single else { return unquotedKey(start) }
        var end = start + 1
        while end < bytes.endIndex {
            if bytes[end] == first {
                let next = Self.skipSpace(bytes, end + 1)
                if next < bytes.endIndex, bytes[next] == UInt8(ascii: "=") { return pair(start, end + 1, next) }
            }
            end += 1
        }
        return nil
    }

    private func unquotedKey(_ start: Int) -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        let second = Self.nextCharacter(bytes, start)
        guard let equals = bytes[second...].firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return pair(start, Self.trimSpace(bytes[second..<equals]).endIndex, equals)
    }

    private func pair(_ start: Int, _ end: Int, _ equals: Int) -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        (bytes[start..<end], bytes[Self.skipSpace(bytes, equals + 1)...])
    }

    // MARK: - Values of several lines

    /// A value that begins with three quotes on the line before `lines[index]`: its text and the next line's index.
    static func multiline(
        _ value: ArraySlice<UInt8>, _ lines: [ArraySlice<UInt8>], _ index: Int
    ) -> (text: String, next: Int)? {
        let quotes = Array(value.prefix(3))
        let first = value.dropFirst(3)
        if let end = closingQuotes(quotes, first) {
            return (String(decoding: first[..<end], as: UTF8.self), index)
        }
        guard places(of: quotes, first).isEmpty else { return nil }
        var text = Array(first)
        for next in lines.indices[index...] {
            text.append(UInt8(ascii: "\n"))
            if places(of: quotes, lines[next]).isEmpty {
                text += lines[next]
            } else {
                guard let end = closingQuotes(quotes, lines[next]) else { return nil }
                return (String(decoding: text + lines[next][..<end], as: UTF8.self), next + 1)
            }
        }
        return nil
    }

    /// Where the first closing quotes are that only a comment follows.
    private static func closingQuotes(_ quotes: [UInt8], _ line: ArraySlice<UInt8>) -> Int? {
        places(of: quotes, line).first { place in
            let next = skipSpace(line, place + 3)
            return next == line.endIndex || line[next] == hash
        }
    }

    private static func places(of quotes: [UInt8], _ line: ArraySlice<UInt8>) -> [Int] {
        guard line.count >= 3 else { return [] }
        return (line.startIndex...(line.endIndex - 3)).filter { line[$0..<($0 + 3)].elementsEqual(quotes) }
    }

    // MARK: - Characters

    /// Without a pair of equal quotes around it.
    static func unquoted(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = value.first, first == value.last, first == double || first == single else { return value }
        return value.dropFirst().dropLast()
    }

    /// The bytes of the white space character (Python's `str.isspace`) at `index`; 0 if there is none.
    static func spaceWidth(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Int {
        let byte = bytes[index]
        if byte < 0x80 { return byte == 0x20 || byte >= 9 && byte <= 13 || byte >= 0x1C && byte <= 0x1F ? 1 : 0 }
        let rest = bytes[index...]
        if byte == 0xC2 { return rest.starts(with: [0xC2, 0x85]) || rest.starts(with: [0xC2, 0xA0]) ? 2 : 0 }
        guard byte >= 0xE1, byte <= 0xE3, rest.count >= 3 else { return 0 }
        switch (byte, rest[index + 1], rest[index + 2]) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF),
            (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
            return 3
        default: return 0
        }
    }

    /// Whether the byte at `index` is part of a white space character.
    private static func isSpace(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Bool {
        (max(bytes.startIndex, index - 2)...index).contains { spaceWidth(bytes, $0) > index - $0 }
    }

    static func skipSpace(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < bytes.endIndex {
            let width = spaceWidth(bytes, index)
            if width == 0 { break }
            index += width
        }
        return index
    }

    /// Without white space at its end.
    static func trimSpace(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = bytes.endIndex
        while end > bytes.startIndex {
            let start = lastCharacter(bytes[..<end])
            guard spaceWidth(bytes, start) == end - start else { break }
            end = start
        }
        return bytes[..<end]
    }

    private static func lastCharacter(_ bytes: ArraySlice<UInt8>) -> Int {
        var index = bytes.endIndex - 1
        while index > bytes.startIndex, bytes[index] & 0xC0 == 0x80 { index -= 1 }
        return index
    }

    static func nextCharacter(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int {
        var index = start + 1
        while index < bytes.endIndex, bytes[index] & 0xC0 == 0x80 { index += 1 }
        return index
    }
}
