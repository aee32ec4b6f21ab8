/// A grid-stride loop that is all of a kernel: `for (int i = first; i < n; i += stride) ...`, after declarations without
/// effects.
///
/// Run thread after thread it jumps through memory, and no two neighbours of a row are near in time. So all threads of
/// the blocks at hand take their first step, then their second: each thread's own steps stay in order, and between
/// threads CUDA promises none. That needs steps that leave nothing behind in variables.
struct KernelStride {
    /// Where `for` begins.
    let loop: Int
    /// The counter's first value, the condition, and how far a step goes.
    let first: Range<Int>
    let condition: Range<Int>
    let step: String
    /// The counter.
    let name: String

    /// - Parameter effects: macros whose text does more than compute.
    init?(
        _ body: ArraySlice<KernelToken>, at start: Int, of kernel: KernelOutline.Function, _ outline: KernelOutline,
        effects: Set<String>
    ) {
        let words = body[start...]
        guard words.count > 8, words.first!.text == "for", words[start + 1].text == "(" else { return nil }
        guard let close = Self.closing(words, start + 1) else { return nil }
        let head = words[(start + 2)..<close]
        let parts = head.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 3, let (name, first) = Self.counter(parts[0]), Self.ends(parts[1], name) else {
            return nil
        }
        guard parts[2].count >= 4, parts[2].prefix(3).map(\.text) == [name, "+", "="] else { return nil }
        let step = parts[2].dropFirst(3)
        guard KernelGuards.isPure(step), !step.contains(where: { $0.text == name }) else { return nil }
        // All but the loop's statements is computed again for each step.
        guard !StepEffects.readMemory(body[..<start]), !StepEffects.readMemory(head) else { return nil }
        guard !head.contains(where: { effects.contains($0.text) }) else { return nil }
        let rest = words[(close + 1)...]
        let kept = StepEffects.variables(body[..<start]).union(StepEffects.variables(head))
        let effects = StepEffects(rest, keeping: kept, parameters: kernel.parameters, outline: outline)
        guard Self.isOneStatement(rest), effects.areNone else { return nil }
        loop = words.first!.range.lowerBound
        self.first = first.first!.range.lowerBound..<first.last!.range.upperBound
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

    /// The name and the value in `int i = first`.
    private static func counter(
        _ words: ArraySlice<KernelToken>
    ) -> (name: String, first: ArraySlice<KernelToken>)? {
        guard let equals = words.firstIndex(where: { $0.text == "=" }), equals - words.startIndex >= 2 else {
            return nil
        }
        guard words[..<(equals - 1)].allSatisfy({ integers.contains($0.text) }) else { return nil }
        let first = words[(equals + 1)...]
        guard !first.isEmpty, KernelGuards.isPure(first), !first.contains(where: { $0.text == "," }) else { return nil }
        return (words[equals - 1].text, first)
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
}

extension ArraySlice where Element == KernelToken {
    fileprivate func split(separator: String, omittingEmptySubsequences: Bool) -> [ArraySlice<KernelToken>] {
        split(omittingEmptySubsequences: omittingEmptySubsequences) { $0.text == separator }
    }
}
