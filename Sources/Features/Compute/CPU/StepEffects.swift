/// Whether the steps of a loop leave nothing behind in variables that the next step would see, neither by themselves nor
/// through a reference, and end no loop. What can't be told counts as a change.
struct StepEffects {
    private let words: ArraySlice<KernelToken>
    /// Variables that live longer than a step.
    private let names: Set<String>
    /// Parameters of the kernel that are no pointers: their functions and operators may change them.
    private let values: Set<String>
    private let outline: KernelOutline

    init(
        _ words: ArraySlice<KernelToken>, keeping names: Set<String>, parameters: ArraySlice<KernelToken>,
        outline: KernelOutline
    ) {
        self.words = words
        self.outline = outline
        let lists = KernelParser.split(parameters)
        let plain = lists.filter { !$0.contains { ["*", "["].contains($0.text) } }
        values = Self.variables(plain.flatMap { $0 }[...])
        self.names = names.union(Self.variables(lists.flatMap { $0 }[...]))
    }

    /// The words that may be variables' names.
    static func variables(_ words: ArraySlice<KernelToken>) -> Set<String> {
        var names: Set<String> = []
        for (index, word) in zip(words.indices, words) where word.kind == .word {
            let isMember = index > words.startIndex && [".", "->"].contains(words[index - 1].text)
            if !isMember, !KernelGuards.types.contains(word.text) { names.insert(word.text) }
        }
        return names
    }

    /// Whether they read memory: what a step writes there, the next would find.
    static func readMemory(_ words: ArraySlice<KernelToken>) -> Bool {
        let effects = StepEffects(words, keeping: [], parameters: [], outline: KernelOutline(""))
        return words.indices.contains {
            ["[", "->"].contains(words[$0].text) || words[$0].text == "*" && !effects.isOperand($0 - 1)
        }
    }

    var areNone: Bool {
        words.indices.allSatisfy { index in
            switch words[index].text {
            case "[": index > words.startIndex && (words[index - 1].kind != .punctuation || isClosing(index - 1))
            case "(": isHarmlessGroup(index)
            default: words[index].kind != .word || isHarmless(index)
            }
        }
    }

    private static let jumps: Set<String> = [
        "return", "break", "continue", "goto", "static", "__shared__", "asm", "__asm__", "throw",
    ]

    private func isHarmless(_ index: Int) -> Bool {
        let name = text(index)
        if Self.jumps.contains(name) || !isHarmlessMacro(index) { return false }
        if let open = argumentsStart(index), mayKeepReferences(index), binds(group(open)) { return false }
        if declaresReference(index), binds(words[(index + 1)...].prefix { $0.text != ";" }) { return false }
        guard names.contains(name), ![".", "->"].contains(text(index - 1)) else { return true }
        let (end, isMember) = memberEnd(index, isValue: values.contains(name))
        if isMember, text(end) == "(" || pastAngles(end).map(text) == "(" { return false }
        if isAssigned(end) { return false }
        let before = [text(index - 2), text(index - 1)]
        if before == ["+", "+"] || before == ["-", "-"] { return false }
        return !takesAddress(index - 1)
    }

    /// `(a)`, `(c ? a : b)`: as a place that is assigned to, or whose address is taken.
    private func isHarmlessGroup(_ open: Int) -> Bool {
        guard !["for", "if", "while", "switch"].contains(text(open - 1)), binds(group(open)) else { return true }
        let before = [text(open - 2), text(open - 1)]
        if before == ["+", "+"] || before == ["-", "-"] { return false }
        if takesAddress(open - 1) { return false }
        let (end, _) = memberEnd(open + group(open).count + 1, isValue: false)
        return before[1] == "*" || !isAssigned(end)
    }

    // MARK: Reading

    private func text(_ index: Int) -> String { words.indices.contains(index) ? words[index].text : "" }

    private func isClosing(_ index: Int) -> Bool { ["]", ")"].contains(text(index)) }

    private func isOperand(_ index: Int) -> Bool {
        guard words.indices.contains(index) else { return false }
        return words[index].text != "return" && [.word, .number].contains(words[index].kind) || isClosing(index)
    }

    /// Whether it is the `&` of `&a`, not that of `a & b` or `a && b`.
    private func takesAddress(_ index: Int) -> Bool {
        guard text(index) == "&", !isOperand(index - 1) else { return false }
        return text(index - 1) != "&" || !isOperand(index - 2)
    }

    /// What stands between the brackets that open here.
    private func group(_ open: Int) -> ArraySlice<KernelToken> {
        words[(open + 1)..<(KernelStride.closing(words, open) ?? words.endIndex)]
    }

    /// The place after `.member[0].other`, and whether that is a member of what stands at `index`.
    private func memberEnd(_ index: Int, isValue: Bool) -> (end: Int, isMember: Bool) {
        var (end, isMember) = (index + 1, isValue)
        while true {
            if text(end) == "." {
                (end, isMember) = (end + 2, true)
            } else if text(end) == "[", isMember {
                end += group(end).count + 2
            } else {
                return (end, isMember)
            }
        }
    }

    /// The place after angle brackets that open here and hold a type or value.
    private func pastAngles(_ open: Int) -> Int? {
        guard text(open) == "<", let end = words[open...].firstIndex(where: { $0.text == ">" }) else { return nil }
        let isType = words[(open + 1)..<end].allSatisfy {
            [.word, .number].contains($0.kind) || ["::", ",", "*", "&", "<"].contains($0.text)
        }
        return isType ? end + 1 : nil
    }

    /// Whether an assignment, an increment or a decrement begins here.
    private func isAssigned(_ index: Int) -> Bool {
        let (first, second) = (text(index), text(index + 1))
        if first == "=" { return second != "=" }
        if ["+", "-"].contains(first), second == first { return true }
        if ["+", "-", "*", "/", "%", "&", "|", "^"].contains(first) { return second == "=" }
        return ["<", ">"].contains(first) && second == first && text(index + 2) == "="
    }

    // MARK: References

    /// Where the arguments begin of what is called here, or made.
    private func argumentsStart(_ index: Int) -> Int? {
        if text(index + 1) == "{" { return ["else", "do"].contains(text(index)) ? nil : index + 1 }
        let open = pastAngles(index + 1) ?? index + 1
        return text(open) == "(" ? open : nil
    }

    /// `int &name = ...`, `auto &name : ...`.
    private func declaresReference(_ index: Int) -> Bool {
        text(index - 1) == "&" && (text(index + 1) == ":" || text(index + 1) == "=" && text(index + 2) != "=")
    }

    /// Whether a variable that is kept stands there as itself, so that a reference can be bound to it.
    private func binds(_ list: ArraySlice<KernelToken>) -> Bool {
        list.indices.contains { index in
            guard names.contains(text(index)), ["", "(", ",", "=", "?", ":", "{"].contains(text(index - 1)) else {
                return false
            }
            let (end, _) = memberEnd(index, isValue: values.contains(text(index)))
            return ["", ")", ",", ";", "?", ":", "}"].contains(text(end))
        }
    }

    private static let keywords: Set<String> = [
        "if", "for", "while", "switch", "sizeof", "alignof", "decltype", "static_cast", "reinterpret_cast",
        "const_cast",
    ]

    /// Whether what is called here may take its arguments by reference.
    private func mayKeepReferences(_ index: Int) -> Bool {
        let (name, before) = (text(index), text(index - 1))
        if [".", "->"].contains(before) { return true }
        if Self.keywords.contains(name) || KernelGuards.types.contains(name) { return false }
        if let macro = outline.macroTexts[name] { return macro.first?.text != "(" || !isPureMacro(name) }
        let scope = before == "::" && isOperand(index - 2) ? text(index - 2) : ""
        let known = outline.functions.filter {
            $0.name == name && (scope.isEmpty || "::\($0.qualifiedName)".hasSuffix("::\(scope)::\(name)"))
        }
        if !known.isEmpty { return known.contains { $0.parameters.contains { $0.text == "&" } } }
        return !(scope.isEmpty || scope == "std") || !Self.isBuiltIn(name)
    }

    /// CUDA's own functions take values and pointers.
    private static func isBuiltIn(_ name: String) -> Bool {
        ["__", "atomic", "make_"].contains(where: name.hasPrefix) || functions.contains(name)
    }

    private static let functions: Set<String> = {
        let names = """
            sqrt cbrt exp exp2 exp10 expm1 log log2 log10 log1p logb sin cos tan asin acos atan sinh cosh tanh asinh acosh
            atanh floor ceil trunc round rint nearbyint fabs erf erfc tgamma lgamma pow fmod atan2 hypot fmin fmax copysign
            fdim remainder nextafter lround llround lrint llrint ilogb fma ldexp scalbn rsqrt rcbrt sinpi cospi rhypot
            norm3d norm4d normcdf fdivide
            """.split { $0 == " " || $0 == "\n" }.map(String.init)
        let others = ["min", "max", "umin", "umax", "abs", "labs", "llabs", "isnan", "isinf", "isfinite", "signbit"]
        return Set(names + names.map { $0 + "f" } + others + ["printf", "assert", "clock", "clock64"])
    }()

    // MARK: Macros

    private func isHarmlessMacro(_ index: Int) -> Bool {
        guard outline.macros[text(index)] != nil else { return true }
        let used = outline.expanded([text(index)]).subtracting([text(index)])
        guard used.isDisjoint(with: names.union(Self.jumps)) else { return false }
        return argumentsStart(index) != nil || isPureMacro(text(index))
    }

    private func isPureMacro(_ name: String) -> Bool {
        outline.expanded([name]).allSatisfy { KernelGuards.isPure((outline.macroTexts[$0] ?? [])[...]) }
    }
}
