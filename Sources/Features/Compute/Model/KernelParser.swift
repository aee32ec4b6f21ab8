/// Finds the kernels of CUDA C source: names, parameters and lines.
package enum KernelParser {
    /// The `__global__` functions that the source defines, in its order. Templates are not kernels by themselves.
    package static func signatures(
        of source: String, definitions: [String: String] = [:]
    ) -> [KernelSignature] {
        signatures(of: KernelOutline(source, definitions: definitions))
    }

    /// The same of an outline.
    package static func signatures(of outline: KernelOutline) -> [KernelSignature] {
        var seen: Set<String> = []
        return outline.functions.compactMap { function in
            guard function.isKernel, function.body != nil, !function.isTemplate else { return nil }
            guard seen.insert(function.name).inserted else { return nil }
            return KernelSignature(
                name: function.name, parameters: parameters(function.parameters, in: outline), line: function.line)
        }
    }

    /// The same, and the instances of templates that the text or the source's settings ask for.
    /// - Throws: ``ComputeError/Code/noKernel`` about an instance that can't be made, with what would be right.
    package static func signatures(
        of source: KernelSource, outline: KernelOutline
    ) throws(ComputeError) -> [KernelSignature] {
        var found = signatures(of: outline)
        for name in outline.instantiations.compactMap(\.name) {
            // What is wrong with it the compiler says, at its line.
            guard let signature = try? KernelInstance(name)?.signature(in: outline, file: source.file) else { continue }
            if !found.contains(where: { $0.name == signature.name }) { found.append(signature) }
        }
        for name in source.instantiations {
            guard let instance = KernelInstance(name) else {
                throw ComputeError(.noKernel, "'\(name)' is no instance of a template: write it like k<float, 4>.")
            }
            let signature = try instance.signature(in: outline, file: source.file)
            if !found.contains(where: { $0.name == signature.name }) { found.append(signature) }
        }
        return found
    }

    /// With the namespaces around them the kernels that lie in any, by their own names: what a compiler has to be asked for.
    package static func expressions(of outline: KernelOutline) -> [String: String] {
        let kernels = outline.functions.filter { $0.isKernel && $0.body != nil && !$0.isTemplate }
        return Dictionary(kernels.map { ($0.name, $0.qualifiedName) }) { first, _ in first }
            .filter { $0.key != $0.value }
    }

    /// The kernels that are templates, in the source's order.
    package static func templates(of outline: KernelOutline) -> [KernelTemplate] {
        var seen: Set<String> = []
        return outline.functions.compactMap(KernelTemplate.init).filter {
            seen.insert($0.function.qualifiedName).inserted
        }
    }

    /// The parameters of a list without its parentheses.
    package static func parameters(
        _ list: ArraySlice<KernelToken>, in outline: KernelOutline
    ) -> [KernelSignature.Parameter] {
        let pieces = split(outline.withoutMacros(list)[...])
        if pieces.count == 1, pieces[0].isEmpty || pieces[0].map(\.text) == ["void"] { return [] }
        return pieces.map { parameter($0, outline.aliases) }
    }

    /// At its commas, those within brackets left alone.
    static func split(_ list: ArraySlice<KernelToken>) -> [[KernelToken]] {
        var pieces: [[KernelToken]] = [[]]
        var depth = 0
        for token in list {
            switch token.text {
            case "(", "[", "{", "<": depth += 1
            case ")", "]", "}", ">": depth = max(0, depth - 1)
            case "," where depth == 0:
                pieces.append([])
                continue
            default: break
            }
            pieces[pieces.count - 1].append(token)
        }
        return pieces
    }

    static let qualifiers: Set<String> = [
        "const", "volatile", "restrict", "__restrict__", "__restrict", "__grid_constant__", "register", "struct",
        "enum", "union", "class", "typename",
    ]

    private static func parameter(_ piece: [KernelToken], _ aliases: KernelAliases) -> KernelSignature.Parameter {
        var tokens = withoutAttributes(piece)
        if let index = tokens.firstIndex(where: { $0.text == "=" }) { tokens.removeSubrange(index...) }
        var stars = 0
        if let bracket = tokens.firstIndex(where: { $0.text == "[" }) {
            stars += tokens[bracket...].filter { $0.text == "[" }.count
            tokens.removeSubrange(bracket...)
        }
        let firstStar = tokens.firstIndex { $0.text == "*" } ?? tokens.count
        let isConstant = tokens[..<firstStar].contains { $0.text == "const" }
        let plain = tokens.filter { !qualifiers.contains($0.text) }
        let name = plain.count > 1 && plain.last!.kind == .word && !isPartOfType(plain) ? plain.last!.text : ""
        let words = name.isEmpty ? plain : Array(plain.dropLast())
        stars += words.filter { $0.text == "*" }.count
        let plainType = KernelAliases.Alias(
            base: spelled(words.filter { $0.text != "*" }), stars: stars, isConstant: isConstant)
        let found = aliases.resolved(plainType)
        let isKnown = element(found.base) != nil || found.base == "bool" || found.stars > stars
        let meant = isKnown ? found : plainType
        return KernelSignature.Parameter(
            name: name, type: type(meant.base, stars: meant.stars), isConstant: meant.stars > 0 && meant.isConstant)
    }

    /// Whether the last word belongs to the type, as in `unsigned int` or `ns::vector` without a name.
    private static func isPartOfType(_ words: [KernelToken]) -> Bool {
        words[words.count - 2].text == "::" || arithmeticWords.contains(words.last!.text)
    }

    private static func withoutAttributes(_ piece: [KernelToken]) -> [KernelToken] {
        var result: [KernelToken] = []
        var depth = 0
        var afterAttribute = false
        for token in piece {
            if depth > 0 || afterAttribute && token.text == "(" {
                depth += token.text == "(" ? 1 : token.text == ")" ? -1 : 0
                afterAttribute = false
                continue
            }
            afterAttribute = ["__attribute__", "alignas", "__align__"].contains(token.text)
            if !afterAttribute { result.append(token) }
        }
        return result
    }

    static let arithmeticWords: Set<String> = [
        "signed", "unsigned", "char", "short", "int", "long", "float", "double", "bool",
    ]

    /// A type's words as C++ writes them: `unsigned int`, `vec<float, 4>`, `ns::pair`.
    static func spelled(_ words: [KernelToken]) -> String {
        var text = ""
        var lastWasWord = false
        for token in words {
            let isWord = token.kind == .word || token.kind == .number
            if isWord, lastWasWord { text += " " }
            text += token.text == "," ? ", " : token.text
            lastWasWord = isWord
        }
        return text
    }

    private static func type(_ base: String, stars: Int) -> ParameterType {
        switch (stars, element(base)) {
        case (0, .some(let element)): .scalar(element)
        case (1, .some(let element)): .pointer(element)
        case (0, nil): .other(base, size: base == "bool" ? 1 : 0)
        default: .other(base + String(repeating: "*", count: stars), size: 8)
        }
    }

    /// The element that a C type is; nil where it isn't one.
    package static func element(_ type: String) -> ElementType? {
        let words = type.split(separator: " ").map(String.init)
        if !words.isEmpty, words.allSatisfy(arithmeticWords.contains), !words.contains("bool") {
            return arithmetic(words)
        }
        return names[words.joined(separator: " ")]
    }

    private static func arithmetic(_ words: [String]) -> ElementType? {
        let isUnsigned = words.contains("unsigned")
        let longs = words.filter { $0 == "long" }.count
        if words.contains("double") { return longs == 0 && words.count == 1 ? .double : nil }
        if words.contains("float") { return words.count == 1 ? .float : nil }
        if words.contains("char") { return isUnsigned ? .uint8 : .int8 }
        if words.contains("short") { return isUnsigned ? .uint16 : .int16 }
        if longs > 0 { return isUnsigned ? .uint64 : .int64 }
        return isUnsigned ? .uint32 : .int32
    }

    private static let names: [String: ElementType] = [
        "int8_t": .int8, "uint8_t": .uint8, "int16_t": .int16, "uint16_t": .uint16, "int32_t": .int32,
        "uint32_t": .uint32, "int64_t": .int64, "uint64_t": .uint64, "size_t": .uint64, "std::size_t": .uint64,
        "ssize_t": .int64, "ptrdiff_t": .int64, "std::ptrdiff_t": .int64, "intptr_t": .int64, "uintptr_t": .uint64,
        "uint": .uint32, "ushort": .uint16, "ulong": .uint64, "uchar": .uint8, "std::int8_t": .int8,
        "std::uint8_t": .uint8, "std::int16_t": .int16, "std::uint16_t": .uint16, "std::int32_t": .int32,
        "std::uint32_t": .uint32, "std::int64_t": .int64, "std::uint64_t": .uint64, "half": .float16,
        "__half": .float16, "nv_bfloat16": .bfloat16, "__nv_bfloat16": .bfloat16,
    ]
}
