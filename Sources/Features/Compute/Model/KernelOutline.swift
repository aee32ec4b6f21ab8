/// What CUDA C source consists of, as far as that can be told without types: the functions at the level of the file
/// and of its namespaces, and the words that each uses.
package struct KernelOutline: Sendable {
    /// A function's declaration or definition.
    package struct Function: Sendable {
        package var name: String
        /// With the namespaces around it: `filters::blur`.
        package var qualifiedName: String
        /// The words before its name: `extern "C" __global__ void`.
        package var specifiers: [KernelToken]
        /// Its parameter list, without the parentheses.
        package var parameters: ArraySlice<KernelToken>
        /// The opening parenthesis of its parameters.
        package var openingParenthesis: KernelToken
        /// The words in its braces; nil for a declaration.
        package var body: ArraySlice<KernelToken>?
        /// What stands between the angle brackets of `template <...>`; nil for a function that is no template.
        package var templateParameters: ArraySlice<KernelToken>?

        /// Whether it is a template's body for certain arguments: `template <> __global__ void k<int>(...)`.
        package var isSpecialisation = false

        package var isTemplate: Bool { templateParameters != nil }
        /// Whether it is called by a sign: `operator+`.
        package var isOperator: Bool { specifiers.contains { $0.text == "operator" } }
        package var isKernel: Bool { specifiers.contains { $0.text == "__global__" } }
        package var line: Int
    }

    package private(set) var tokens: [KernelToken]
    package private(set) var functions: [Function] = []
    /// Explicit instantiations of functions, `template __global__ void k<float>(float *x);`: their bytes, and for those of
    /// kernels the name.
    package private(set) var instantiations: [(range: Range<Int>, name: String?)] = []
    /// Preprocessor lines that count, and macros' names with the words of their text.
    package private(set) var directives: [KernelToken] = []
    /// Words outside of functions: types, variables, macros.
    package private(set) var otherWords: Set<String> = []
    package private(set) var macros: [String: Set<String>] = [:]
    /// The words of the same macros' texts, in order.
    package private(set) var macroTexts: [String: [KernelToken]] = [:]

    /// Other names of types, with the namespaces around them and without.
    private(set) var aliases = KernelAliases()

    /// Reads the source as it is with these definitions.
    package init(_ source: String, definitions: [String: String] = [:]) {
        var conditions = KernelConditions(definitions: definitions)
        tokens = []
        for (name, value) in definitions { note(macro: "define \(name) \(value)") }
        for token in KernelLexer.tokens(of: source) {
            guard token.kind == .directive else {
                if conditions.isActive { tokens.append(token) }
                continue
            }
            if conditions.isActive {
                directives.append(token)
                note(macro: token.text)
            }
            conditions.read(token.text)
        }
        readScope(from: 0, namespace: "")
    }

    private mutating func note(macro directive: String) {
        let words = KernelLexer.tokens(of: String(directive.drop { $0 == "#" || $0 == " " || $0 == "\t" }))
        guard words.count > 2, words[0].text == "define" else { return }
        macroTexts[words[1].text] = Array(words.dropFirst(2))
        macros[words[1].text, default: []].formUnion(words.dropFirst(2).filter { $0.kind == .word }.map(\.text))
    }

    /// Reads declarations up to the brace that closes the scope; returns the place after it.
    @discardableResult
    private mutating func readScope(from start: Int, namespace: String) -> Int {
        var scopes = [namespace]
        var index = start
        while index < tokens.count {
            if tokens[index].text == "}" {
                if scopes.count > 1 { scopes.removeLast() }
                index += 1
                continue
            }
            index = readDeclaration(from: index, scopes: &scopes)
        }
        return index
    }

    /// One declaration: to its `;`, past its braces, or into the braces of a namespace or of `extern "C"`.
    private mutating func readDeclaration(from start: Int, scopes: inout [String]) -> Int {
        let isTemplate = tokens[start].text == "template"
        if isTemplate, start + 1 < tokens.count, tokens[start + 1].text != "<", let end = readInstantiation(start) {
            return end
        }
        let head = start + 2
        let start = isTemplate ? afterAngles(start + 1) : start
        let template = isTemplate ? tokens[min(head, start)..<max(min(head, start), start - 1)] : nil
        var index = start
        var parenthesis: Int?
        while index < tokens.count {
            switch tokens[index].text {
            case ";":
                finish(start..<index, parenthesis: parenthesis, body: nil, scopes.last!, template)
                return index + 1
            case "(", "[":
                let end = matching(index)
                if opensParameters(index, since: parenthesis ?? start),
                    parenthesis.map(isOfMacro(before: index)) != false
                {
                    parenthesis = index
                }
                index = end
            case "{":
                if let name = namespaceName(tokens[start..<index]) {
                    let outer = scopes.last!
                    scopes.append(name.isEmpty ? outer : outer.isEmpty ? name : "\(outer)::\(name)")
                    return index + 1
                }
                let end = matching(index)
                if parenthesis == nil, !isType(tokens[start..<index]) {
                    index = end
                    continue
                }
                let body = tokens[(index + 1)..<max(index + 1, end - 1)]
                finish(start..<index, parenthesis: parenthesis, body: body, scopes.last!, template)
                return parenthesis == nil ? skipDeclarators(from: end) : end
            case "}": return index
            default: index += 1
            }
        }
        return index
    }

    /// The place after an explicit instantiation of a function; nil for that of a type or variable.
    private mutating func readInstantiation(_ start: Int) -> Int? {
        guard let end = tokens[start...].firstIndex(where: { [";", "{", "}"].contains($0.text) }),
            tokens[end].text == ";"
        else { return nil }
        let words = tokens[start..<end]
        let isKernel = words.contains { $0.text == "__global__" }
        guard isKernel || words.contains(where: { $0.text == "__device__" }) else { return nil }
        var name: String?
        if isKernel, let open = words.firstIndex(where: { $0.text == "<" }), open > start + 1 {
            var first = open - 1
            while first > start + 2, tokens[first - 1].text == "::" { first -= 2 }
            name = KernelParser.spelled(Array(tokens[first..<min(afterAngles(open), end)]))
        }
        instantiations.append((tokens[start].range.lowerBound..<tokens[end].range.upperBound, name))
        return end + 1
    }

    /// The name before a parameter list that opens here: of `k<int>(`, a kernel's specialisation, the `k`.
    private func nameIndex(before parenthesis: Int, since start: Int) -> Int {
        guard tokens[parenthesis - 1].text == ">" else { return parenthesis - 1 }
        var depth = 0
        for index in (start..<parenthesis).reversed() {
            if tokens[index].text == ">" { depth += 1 }
            if tokens[index].text == "<" { depth -= 1 }
            if depth == 0 { return max(start, index - 1) }
        }
        return parenthesis - 1
    }

    /// After a type's braces: its variables, if any, up to the semicolon.
    private func skipDeclarators(from start: Int) -> Int {
        var index = start
        while index < tokens.count, tokens[index].text != ";", tokens[index].text != "}" {
            index = ["(", "[", "{"].contains(tokens[index].text) ? matching(index) : index + 1
        }
        return index < tokens.count && tokens[index].text == ";" ? index + 1 : index
    }

    /// The place after the bracket that closes the one here.
    private func matching(_ start: Int) -> Int {
        var depth = 0
        for index in start..<tokens.count where tokens[index].kind == .punctuation {
            switch tokens[index].text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}":
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
        }
        return tokens.count
    }

    private static let attributes: Set<String> = [
        "__attribute__", "__launch_bounds__", "__align__", "alignas", "decltype", "__declspec", "noexcept",
        "__cluster_dims__", "__maxnreg__", "explicit", "sizeof", "static_assert",
    ]

    /// Whether what stands in the parentheses there is a macro's, since the function only begins after them.
    private func isOfMacro(before index: Int) -> (Int) -> Bool {
        { [tokens] in tokens[$0..<index].contains { ["__global__", "__device__"].contains($0.text) } }
    }

    /// The place after the angle brackets that open here.
    private func afterAngles(_ start: Int) -> Int {
        var depth = 0
        var index = start
        while index < tokens.count {
            switch tokens[index].text {
            case "<": depth += 1
            case ">": depth -= 1
            case "(", "[", "{": index = matching(index) - 1
            default: break
            }
            index += 1
            if depth <= 0 { break }
        }
        return min(index, tokens.count)
    }

    private func opensParameters(_ index: Int, since start: Int) -> Bool {
        guard index > start, tokens[index].text == "(",
            !tokens[start..<index].contains(where: { $0.text == "=" && !hasOperator(before: $0, start) })
        else { return false }
        let before = tokens[index - 1]
        if before.kind == .word { return !Self.attributes.contains(before.text) }
        if before.text == ">" { return tokens[start..<index].contains { $0.text == "__global__" } }
        return tokens[start..<index].suffix(4).contains { $0.text == "operator" }
    }

    private func hasOperator(before token: KernelToken, _ start: Int) -> Bool {
        tokens[start...].prefix { $0.range.lowerBound < token.range.lowerBound }.suffix(3).contains {
            $0.text == "operator"
        }
    }

    private func namespaceName(_ words: ArraySlice<KernelToken>) -> String? {
        if let index = words.firstIndex(where: { $0.text == "namespace" }) {
            return words[(index + 1)...].filter { $0.kind == .word || $0.text == "::" }.map(\.text).joined()
        }
        let texts = words.map(\.text)
        return texts.count == 2 && texts[0] == "extern" && texts[1].hasPrefix("\"") ? "" : nil
    }

    private func isType(_ words: ArraySlice<KernelToken>) -> Bool {
        words.contains { ["struct", "class", "union", "enum"].contains($0.text) }
    }

    private mutating func finish(
        _ range: Range<Int>, parenthesis: Int?, body: ArraySlice<KernelToken>?, _ namespace: String,
        _ template: ArraySlice<KernelToken>?
    ) {
        guard let parenthesis, !isAlias(tokens[range]) else {
            if template == nil, body == nil { aliases.note(tokens[range], namespace) }
            let words = Array(tokens[range]) + Array(body ?? [])
            otherWords.formUnion(words.lazy.filter { $0.kind == .word }.map(\.text))
            return
        }
        let place = nameIndex(before: parenthesis, since: range.lowerBound)
        let name = tokens[place].text
        let end = matching(parenthesis)
        functions.append(
            Function(
                name: name, qualifiedName: namespace.isEmpty ? name : "\(namespace)::\(name)",
                specifiers: Array(tokens[range.lowerBound..<place]),
                parameters: tokens[(parenthesis + 1)..<max(parenthesis + 1, end - 1)],
                openingParenthesis: tokens[parenthesis], body: body,
                templateParameters: template, isSpecialisation: place < parenthesis - 1, line: tokens[place].line))
    }

    private func isAlias(_ words: ArraySlice<KernelToken>) -> Bool {
        ["typedef", "using"].contains(words.first?.text ?? "")
    }

    /// These words, and those of the texts of the macros among them.
    package func expanded(_ words: some Sequence<String>) -> Set<String> {
        var reached = Set(words)
        var queue = Array(reached)
        while let word = queue.popLast() {
            for next in macros[word] ?? [] where reached.insert(next).inserted { queue.append(next) }
        }
        return reached
    }

    /// The words of a parameter list, with macros replaced that stand for a type or a part of one.
    func withoutMacros(_ list: ArraySlice<KernelToken>) -> [KernelToken] {
        var list = Array(list)
        for _ in 0..<8 {
            let replaced = list.flatMap { token -> [KernelToken] in
                guard let text = macroTexts[token.text], text.allSatisfy({ $0.kind == .word || $0.text == "*" }) else {
                    return [token]
                }
                return text
            }
            if replaced == list { break }
            list = replaced
        }
        return list
    }

    /// Every word that the function, and what it may call, uses.
    package func words(reachableFrom function: Function) -> Set<String> {
        var bodies: [String: Set<String>] = macros
        var queue = Array(otherWords) + (function.body ?? []).filter { $0.kind == .word }.map(\.text)
        for other in functions {
            let words = (other.body ?? []).lazy.filter { $0.kind == .word }.map(\.text)
            // Any sign may be a call of it.
            if other.isOperator { queue += words } else { bodies[other.name, default: []].formUnion(words) }
        }
        var reached = otherWords
        reached.formUnion(queue)
        while let word = queue.popLast() {
            for next in bodies.removeValue(forKey: word) ?? [] where reached.insert(next).inserted {
                queue.append(next)
            }
        }
        return reached
    }
}
