/// A grid-stride loop that is all of a kernel: `for (int i = first; i < n; i += stride) ...`, after declarations without
/// effects.
///
/// Run thread after thread it jumps through memory, and no two neighbours of a row are near in time. So all threads of
/// the blocks at hand take their first step, then their second: each thread's own steps stay in order, and between
/// threads CUDA promises none. That needs steps that leave nothing behind in variables.
struct KernelStride {
    /// Where `for` begins.
    let loop: Int
    /// Where the first value ends, the condition, and how far a step goes.
    let initEnd: Int
    let condition: Range<Int>
    let step: String
    /// The counter.
    let name: String

    init?(_ body: ArraySlice<KernelToken>, at start: Int, outline: KernelOutline, parameters: Set<String>) {
        let words = body[start...]
        guard words.count > 8, words.first!.text == "for", words[start + 1].text == "(" else { return nil }
        guard let close = Self.closing(words, start + 1) else { return nil }
        let parts = words[(start + 2)..<close].split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 3, let name = Self.counter(parts[0]), Self.ends(parts[1], name) else { return nil }
        guard parts[2].count >= 4, parts[2].prefix(3).map(\.text) == [name, "+", "="] else { return nil }
        let step = parts[2].dropFirst(3)
        guard KernelGuards.isPure(step), !step.contains(where: { $0.text == name }) else { return nil }
        let declared = Set(body[..<start].filter { $0.kind == .word }.map(\.text))
        let kept = declared.union(parameters).union([name])
        let rest = words[(close + 1)...]
        guard Self.isOneStatement(rest), Self.leavesAlone(rest, kept, outline) else { return nil }
        loop = words.first!.range.lowerBound
        initEnd = parts[0].last!.range.upperBound
        condition = parts[1].first!.range.lowerBound..<parts[1].last!.range.upperBound
        self.step = step.map(\.text).joined(separator: " ")
        self.name = name
    }

    static func closing(_ words: ArraySlice<KernelToken>, _ start: Int) -> Int? {
        var depth = 0
        for index in start..<words.endIndex where words[index].kind == .punctuation {
            switch words[index].text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}":
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }

    private static let integers: Set<String> = [
        "int", "unsigned", "long", "size_t", "uint", "int32_t", "uint32_t", "int64_t", "uint64_t", "ptrdiff_t",
    ]

    /// The name in `int i = first`.
    private static func counter(_ words: ArraySlice<KernelToken>) -> String? {
        guard let equals = words.firstIndex(where: { $0.text == "=" }), equals - words.startIndex >= 2 else {
            return nil
        }
        guard words[..<(equals - 1)].allSatisfy({ integers.contains($0.text) }) else { return nil }
        let first = words[(equals + 1)...]
        guard !first.isEmpty, KernelGuards.isPure(first), !first.contains(where: { $0.text == "," }) else { return nil }
        return words[equals - 1].text
    }

    /// Whether it is `i < limit`, so that a thread that has ended has ended for good.
    private static func ends(_ words: ArraySlice<KernelToken>, _ name: String) -> Bool {
        guard words.count >= 3, words.first!.text == name, words[words.startIndex + 1].text == "<" else { return false }
        let limit = words.dropFirst(2)
        let plain = limit.allSatisfy { !["<", ">", "=", "&", "|", "?", ",", "["].contains($0.text) && $0.text != name }
        return plain && KernelGuards.isPure(limit)
    }

    private static func isOneStatement(_ words: ArraySlice<KernelToken>) -> Bool {
        guard let first = words.first else { return false }
        if first.text == "{" { return closing(words, words.startIndex) == words.endIndex - 1 }
        guard !["if", "for", "while", "do", "switch"].contains(first.text) else { return false }
        return words.firstIndex { $0.text == ";" } == words.endIndex - 1
    }

    /// Whether the words change none of these names, neither by themselves nor through a reference, and end no loop.
    private static func leavesAlone(
        _ words: ArraySlice<KernelToken>, _ names: Set<String>, _ outline: KernelOutline
    ) -> Bool {
        let jumps: Set<String> = ["return", "break", "continue", "goto", "static", "__shared__", "asm"]
        let takesReferences = Set(
            outline.functions.filter { $0.parameters.contains { $0.text == "&" } }.map(\.name))
        for (index, word) in zip(words.indices, words) {
            let before = index > words.startIndex ? words[index - 1] : nil
            if word.text == "[", before.map({ $0.kind == .punctuation && !["]", ")"].contains($0.text) }) ?? true {
                return false
            }
            guard word.kind == .word else { continue }
            if jumps.contains(word.text) || takesReferences.contains(word.text) { return false }
            if let macro = outline.macros[word.text], !macro.isDisjoint(with: names.union(jumps)) { return false }
            guard names.contains(word.text) else { continue }
            if changes(words[(index + 1)...].prefix(3).map(\.text)) { return false }
            let earlier = words[..<index].suffix(2).map(\.text)
            if earlier == ["+", "+"] || earlier == ["-", "-"] { return false }
            if earlier.last == "&", !isOperand(words, index - 2) { return false }
        }
        return true
    }

    private static func isOperand(_ words: ArraySlice<KernelToken>, _ index: Int) -> Bool {
        guard index >= words.startIndex else { return false }
        return [.word, .number].contains(words[index].kind) || [")", "]"].contains(words[index].text)
    }

    /// Whether what follows a name assigns to it.
    private static func changes(_ next: [String]) -> Bool {
        guard let first = next.first else { return false }
        let second = next.dropFirst().first ?? ""
        if first == "=" { return second != "=" }
        if ["+", "-"].contains(first), second == first { return true }
        if ["+", "-", "*", "/", "%", "&", "|", "^"].contains(first) { return second == "=" }
        return ["<", ">"].contains(first) && second == first && next.last == "="
    }
}

extension ArraySlice where Element == KernelToken {
    fileprivate func split(separator: String, omittingEmptySubsequences: Bool) -> [ArraySlice<KernelToken>] {
        split(omittingEmptySubsequences: omittingEmptySubsequences) { $0.text == separator }
    }
}
