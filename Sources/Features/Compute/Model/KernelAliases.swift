/// What `typedef` and `using` call types, as far as a kernel's parameters need it: `typedef const float *row;`.
struct KernelAliases: Sendable {
    /// The type that is meant.
    struct Alias: Hashable, Sendable {
        /// Without `const` and stars.
        var base: String
        var stars: Int
        /// Whether what stands before the first star is `const`.
        var isConstant: Bool
    }

    /// nil where two declarations differ.
    private var known: [String: Alias?] = [:]

    /// Reads one declaration, without its `;`.
    mutating func note(_ words: ArraySlice<KernelToken>, _ namespace: String) {
        guard let (name, type) = Self.parts(Array(words)), let alias = Self.alias(type) else { return }
        for name in namespace.isEmpty ? [name] : [name, "\(namespace)::\(name)"] {
            if let other = known[name] {
                known[name] = .some(other == alias ? alias : nil)
            } else {
                known[name] = alias
            }
        }
    }

    /// What the name stands for, through other names too.
    func resolved(_ type: Alias) -> Alias {
        var type = type
        for _ in 0..<16 {
            guard KernelParser.element(type.base) == nil, let alias = known[type.base] ?? nil else { break }
            // The `const` of `const row x` is the pointer's, not that of the cells.
            let isConstant = alias.stars > 0 ? alias.isConstant : alias.isConstant || type.isConstant
            type = Alias(base: alias.base, stars: type.stars + alias.stars, isConstant: isConstant)
        }
        return type
    }

    private static func parts(_ words: [KernelToken]) -> (name: String, type: ArraySlice<KernelToken>)? {
        guard words.count >= 3 else { return nil }
        if words[0].text == "using" {
            return words.count >= 4 && words[2].text == "=" ? (words[1].text, words[3...]) : nil
        }
        guard let last = words.last, last.kind == .word, !KernelParser.arithmeticWords.contains(last.text) else {
            return nil
        }
        return words[0].text == "typedef" ? (last.text, words[1..<(words.count - 1)]) : nil
    }

    /// nil for arrays, functions, references and several names at once.
    static func alias(_ type: ArraySlice<KernelToken>) -> Alias? {
        guard !type.contains(where: { ["(", "[", "{", ",", "&"].contains($0.text) }) else { return nil }
        let words = type.filter { !KernelParser.qualifiers.contains($0.text) }
        let base = KernelParser.spelled(words.filter { $0.text != "*" })
        guard !base.isEmpty else { return nil }
        return Alias(
            base: base, stars: words.count { $0.text == "*" },
            isConstant: type.prefix { $0.text != "*" }.contains { $0.text == "const" })
    }
}
