/// What follows the `=`, read as ConfigObj's regular expressions `_valueexp` and `_listvalueexp` read it: a text, a list
/// (any unquoted comma), an optional comment. Places that led nowhere are remembered, which keeps it from taking
/// exponential time where those expressions would.
struct ConfigValue {
    private let bytes: ArraySlice<UInt8>
    private var failed: Set<Int> = []

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    private static let (double, single) = (UInt8(ascii: "\""), UInt8(ascii: "'"))
    private static let (comma, hash) = (UInt8(ascii: ","), UInt8(ascii: "#"))

    /// The value; nil where ConfigObj raises an error.
    mutating func parse() -> ConfigObj.Value? {
        guard let (listEnd, single) = items() else {
            let isEmptyList = bytes.first == Self.comma && isEnd(bytes.startIndex + 1)
            return isEmptyList ? .list([]) : nil
        }
        let list = bytes[..<listEnd]
        if list.isEmpty {
            guard let single else { return nil }
            return .text(String(decoding: ConfigLine.unquoted(single), as: UTF8.self))
        }
        guard var items = Self.split(list) else { return nil }
        if let single, !single.isEmpty { items.append(String(decoding: ConfigLine.unquoted(single), as: UTF8.self)) }
        return .list(items)
    }

    /// A place where an item of the list, or the last item, may begin, and the ways on from it that are left.
    private struct Step {
        let start: Int
        var comma: Int?
        var places: [Int] = []
    }

    /// Where the items that end in a comma end, and the one without a comma that follows.
    private mutating func items() -> (listEnd: Int, single: ArraySlice<UInt8>?)? {
        var steps = [step(bytes.startIndex)]
        while var step = steps.popLast() {
            if let place = step.places.popLast() {
                steps.append(step)
                if !failed.contains(place) { steps.append(self.step(place)) }
            } else if let comma = step.comma {
                step.comma = self.comma(step.start, after: comma)
                step.places = afterComma(comma)
                steps.append(step)
            } else if let single = last(step.start) {
                return (step.start, single)
            } else if isEnd(step.start) {
                return (step.start, nil)
            } else {
                failed.insert(step.start)
            }
        }
        return nil
    }

    private func step(_ start: Int) -> Step { Step(start: start, comma: comma(start, after: start)) }

    /// The next comma after `place` at which an item that begins at `start` may end.
    private func comma(_ start: Int, after place: Int) -> Int? {
        guard start < bytes.endIndex else { return nil }
        let first = bytes[start]
        if first == Self.double || first == Self.single {
            var index = place + 1
            while index < bytes.endIndex {
                if bytes[index] == first {
                    let next = ConfigLine.skipSpace(bytes, index + 1)
                    if next < bytes.endIndex, bytes[next] == Self.comma { return next }
                }
                index += 1
            }
            return nil
        }
        if first == Self.comma || first == Self.hash || place != start { return nil }
        let stop = bytes[start...].firstIndex { $0 == Self.comma || $0 == Self.hash }
        return stop.flatMap { bytes[$0] == Self.comma ? $0 : nil }
    }

    /// Past the comma and its white space, which is given back a character at a time: the best place last.
    private func afterComma(_ comma: Int) -> [Int] {
        var places = [comma + 1]
        while let last = places.last, last < bytes.endIndex {
            let width = ConfigLine.spaceWidth(bytes, last)
            if width == 0 { break }
            places.append(last + width)
        }
        return places
    }

    /// The item at `start` after which only a comment comes.
    private func last(_ start: Int) -> ArraySlice<UInt8>? {
        if start < bytes.endIndex {
            let first = bytes[start]
            if first == Self.double || first == Self.single {
                for end in bytes.indices[(start + 1)...] where bytes[end] == first && isEnd(end + 1) {
                    return bytes[start...end]
                }
            } else if first != Self.comma, first != Self.hash, ConfigLine.spaceWidth(bytes, start) == 0 {
                let second = ConfigLine.nextCharacter(bytes, start)
                let stop = bytes[second...].firstIndex { $0 == Self.comma || $0 == Self.hash } ?? bytes.endIndex
                if stop == bytes.endIndex || bytes[stop] == Self.hash {
                    return bytes[start..<ConfigLine.trimSpace(bytes[second..<stop]).endIndex]
                }
            }
        }
        // An empty value, which must not follow a comma.
        let followsComma = start > bytes.startIndex && bytes[start - 1] == Self.comma
        return !followsComma && isEnd(start) ? bytes[start..<start] : nil
    }

    private func isEnd(_ start: Int) -> Bool {
        let next = ConfigLine.skipSpace(bytes, start)
        return next == bytes.endIndex || bytes[next] == Self.hash
    }

    // MARK: - Lists

    /// The items of a list each of which ends in a comma; nil if one is empty.
    private static func split(_ list: ArraySlice<UInt8>) -> [String]? {
        var items: [String] = []
        var index = list.startIndex
        while index < list.endIndex, let (end, comma) = item(list, index) {
            if end == index { return nil }
            items.append(String(decoding: ConfigLine.unquoted(list[index..<end]), as: UTF8.self))
            index = ConfigLine.skipSpace(list, comma + 1)
        }
        return items
    }

    private static func item(_ list: ArraySlice<UInt8>, _ start: Int) -> (end: Int, comma: Int)? {
        let first = list[start]
        if first == double || first == single {
            for end in list.indices[(start + 1)...] where list[end] == first {
                let next = ConfigLine.skipSpace(list, end + 1)
                if next < list.endIndex, list[next] == comma { return (end + 1, next) }
            }
        }
        let isPlain = first != double && first != single && first != comma && first != hash
        let from = isPlain ? ConfigLine.nextCharacter(list, start) : start
        if let found = list[from...].firstIndex(of: comma) {
            return (ConfigLine.trimSpace(list[from..<found]).endIndex, found)
        }
        return nil
    }
}
