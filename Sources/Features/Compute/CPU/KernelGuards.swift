/// The conditions at a kernel's start that leave out threads beyond the data: `if (i >= n) return;`, or a last
/// `if (i < n) ...`.
///
/// Where all threads of a row pass them, which is nearly always, the row runs without asking again: processors store
/// under a mask far slower than without (AMD's Zen 4 and 5 by half). So each condition is handed to a gate that either
/// asks, or knows, or only finds out; what comes before must be free of effects, since it is then computed twice.
struct KernelGuards {
    enum Kind: String {
        /// Leaves the kernel; more conditions follow.
        case leave
        /// Leaves the kernel, as the last condition that counts.
        case leaveLast = "leave_last"
        /// Enters the rest of the kernel.
        case enter
    }

    /// A condition: where it begins and ends in the source.
    struct Condition {
        var kind: Kind
        var range: Range<Int>
    }

    private let body: ArraySlice<KernelToken>
    /// Macros whose text does more than compute.
    private let effects: Set<String>
    private(set) var conditions: [Condition] = []
    /// The loop that is the rest of the kernel, where nothing else is asked before it.
    private(set) var stride: KernelStride?

    init(_ kernel: KernelOutline.Function, _ outline: KernelOutline) {
        body = kernel.body ?? []
        let own = Set(outline.macroTexts.filter { !Self.isPure($0.value[...]) }.keys)
        effects = own.isEmpty ? [] : Set(outline.macros.keys.filter { !outline.expanded([$0]).isDisjoint(with: own) })
        var index = body.startIndex
        while let next = readStatement(at: index) { index = next }
        if conditions.isEmpty {
            stride = KernelStride(body, at: index, of: kernel, outline, effects: effects)
        }
        if let last = conditions.indices.last, conditions[last].kind == .leave { conditions[last].kind = .leaveLast }
    }

    /// The place after a guard that leaves, or after a declaration without effects; nil where the guards end.
    private mutating func readStatement(at start: Int) -> Int? {
        guard start < body.endIndex else { return nil }
        guard body[start].text == "if" else { return afterDeclaration(start) }
        guard start + 1 < body.endIndex, body[start + 1].text == "(", let close = closing(start + 1) else { return nil }
        let condition = body[(start + 2)..<close]
        guard let first = condition.first, let last = condition.last, isHarmless(condition) else { return nil }
        let range = first.range.lowerBound..<last.range.upperBound
        if let end = afterReturn(close + 1) {
            guard end >= body.endIndex || body[end].text != "else" else { return nil }
            conditions.append(Condition(kind: .leave, range: range))
            return end
        }
        if isLastStatement(close + 1) { conditions.append(Condition(kind: .enter, range: range)) }
        return nil
    }

    private func closing(_ start: Int) -> Int? { KernelStride.closing(body, start) }

    private func afterReturn(_ start: Int) -> Int? {
        let texts = body[start...].prefix(4).map(\.text)
        if texts.starts(with: ["return", ";"]) { return start + 2 }
        return texts == ["{", "return", ";", "}"] ? start + 4 : nil
    }

    private func isLastStatement(_ start: Int) -> Bool {
        guard start < body.endIndex else { return false }
        if body[start].text == "{" { return closing(start) == body.endIndex - 1 }
        guard !["if", "for", "while", "do", "switch"].contains(body[start].text) else { return false }
        return body[start...].firstIndex { $0.text == ";" } == body.endIndex - 1
    }

    static let types: Set<String> = [
        "const", "constexpr", "int", "unsigned", "long", "short", "char", "signed", "float", "double", "bool", "auto",
        "size_t", "uint", "int32_t", "uint32_t", "int64_t", "uint64_t", "ptrdiff_t",
    ]

    private func afterDeclaration(_ start: Int) -> Int? {
        guard Self.types.contains(body[start].text) else { return nil }
        guard let end = body[start...].firstIndex(where: { $0.text == ";" }) else { return nil }
        let words = body[start..<end]
        guard !words.contains(where: { $0.text == "{" || $0.text == "[" }) else { return nil }
        // One `=` after each name is the declaration's own.
        var rest: [KernelToken] = []
        var mayInitialise = true
        for (index, word) in zip(words.indices, words) {
            if word.text == "=", mayInitialise, words.startIndex < index, words[index - 1].kind == .word {
                mayInitialise = false
            } else {
                rest.append(word)
            }
            if word.text == "," { mayInitialise = true }
        }
        return isHarmless(rest[...]) ? end + 1 : nil
    }

    private func isHarmless(_ words: ArraySlice<KernelToken>) -> Bool {
        Self.isPure(words) && !words.contains { effects.contains($0.text) }
    }

    /// Neither assigns nor calls.
    static func isPure(_ words: ArraySlice<KernelToken>) -> Bool {
        for (index, word) in zip(words.indices, words) {
            let before = index > words.startIndex ? words[index - 1] : nil
            let adjacent = before.map { $0.range.upperBound == word.range.lowerBound } ?? false
            switch word.text {
            case "=":
                let after = index + 1 < words.endIndex ? words[index + 1] : nil
                let compares = adjacent && ["=", "!", "<", ">"].contains(before!.text)
                let begins = after?.text == "=" && after?.range.lowerBound == word.range.upperBound
                guard compares || begins else { return false }
            case "+", "-": if adjacent, before!.text == word.text { return false }
            case "(":
                guard let before, before.kind == .word else { continue }
                guard ["min", "max", "sizeof"].contains(before.text) || types.contains(before.text) else {
                    return false
                }
            default: if word.kind == .literal { return false }
            }
        }
        return true
    }
}
