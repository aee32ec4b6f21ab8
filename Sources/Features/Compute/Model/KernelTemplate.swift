/// A kernel that is a template, as its source declares it.
package struct KernelTemplate: Sendable {
    /// One parameter of the template.
    package struct Parameter: Sendable {
        /// What an argument must be.
        package enum Kind: Hashable, Sendable {
            case type
            case value
            /// A pack, or a template: no argument can be written for it in a kernel's name.
            case other
        }

        package var kind: Kind
        /// Empty where the source gives none.
        package var name: String
        /// As it is declared, without its default: `typename T`, `int N`.
        package var declaration: String
        package var standard: [KernelToken]?
    }

    /// What it declares.
    package let function: KernelOutline.Function
    package let parameters: [Parameter]

    package var name: String { function.name }

    /// nil for a function that is no kernel template with a body.
    package init?(_ function: KernelOutline.Function) {
        guard function.isKernel, function.body != nil, !function.isSpecialisation,
            let list = function.templateParameters
        else { return nil }
        self.function = function
        parameters = list.isEmpty ? [] : KernelParser.split(list).map(Self.parameter)
    }

    private static func parameter(_ tokens: [KernelToken]) -> Parameter {
        let equals = tokens.firstIndex { $0.text == "=" }
        let words = Array(tokens[..<(equals ?? tokens.endIndex)])
        let texts = words.map(\.text)
        let isType = ["typename", "class"].contains(texts.first ?? "") && !texts.contains("::")
        let kind: Parameter.Kind =
            texts.first == "template" || texts.contains(".") ? .other : isType ? .type : .value
        let last = words.count > 1 ? words.last : nil
        let isNamed = last.map { $0.kind == .word && !KernelParser.arithmeticWords.contains($0.text) } ?? false
        let name = isNamed ? last!.text : ""
        return Parameter(
            kind: kind, name: name, declaration: KernelParser.spelled(words),
            standard: equals.map { Array(tokens[($0 + 1)...]) })
    }

    /// What its name could be: `k<float, 1>`.
    package var example: String {
        let arguments = parameters.map { parameter -> String in
            if let standard = parameter.standard { return KernelParser.spelled(standard) }
            if parameter.kind == .type { return "float" }
            return parameter.declaration.hasPrefix("bool") ? "true" : "1"
        }
        return "\(name)<\(arguments.joined(separator: ", "))>"
    }
}

extension KernelTemplate: CustomStringConvertible {
    /// `k<typename T, int N>`.
    package var description: String { "\(name)<\(parameters.map(\.declaration).joined(separator: ", "))>" }
}

/// A template kernel with arguments, as C++ names it: `k<float, 4>`.
package struct KernelInstance: Hashable, Sendable {
    /// The template's name, with namespaces where they are given.
    package var base: String
    package var arguments: [[KernelToken]]

    /// nil for a name without angle brackets at its end.
    package init?(_ text: String) {
        let tokens = KernelLexer.tokens(of: text)
        guard let open = tokens.firstIndex(where: { $0.text == "<" }), open > 0, tokens.last?.text == ">",
            tokens[..<open].allSatisfy({ $0.kind == .word || $0.text == "::" })
        else { return nil }
        base = tokens[..<open].map(\.text).joined()
        let list = tokens[(open + 1)..<(tokens.count - 1)]
        arguments = list.isEmpty ? [] : KernelParser.split(list)
    }

    /// The same name always in the same words.
    package var name: String { name(of: base) }

    /// With the template's whole name.
    func name(of template: String) -> String {
        let spelled = arguments.map(KernelParser.spelled).joined(separator: ", ")
        return "\(template)<\(spelled)\(spelled.hasSuffix(">") ? " " : "")>"
    }

    /// A kernel's name in the words that signatures have.
    package static func canonical(_ name: String) -> String { KernelInstance(name)?.name ?? name }

    /// What the template is, with its parameters replaced.
    /// - Throws: ``ComputeError/Code/noKernel`` that says what would be right.
    package func signature(in outline: KernelOutline, file: String) throws(ComputeError) -> KernelSignature {
        let template = try template(in: outline, file: file)
        let replaced = try values(for: template, file: file)
        let function = template.function
        return KernelSignature(
            name: name(of: function.qualifiedName),
            parameters: KernelParser.parameters(
                Self.replacing(replaced, in: Array(function.parameters))[...], in: outline),
            line: function.line)
    }

    private func template(in outline: KernelOutline, file: String) throws(ComputeError) -> KernelTemplate {
        let all = KernelParser.templates(of: outline)
        if let found = all.first(where: { $0.name == base || $0.function.qualifiedName == base }) { return found }
        if outline.functions.contains(where: { $0.isKernel && ($0.name == base || $0.qualifiedName == base) }) {
            throw ComputeError(
                .noKernel, "\(file): the kernel '\(base)' is no template: name it without <...>, as '\(base)'.")
        }
        throw ComputeError(
            .noKernel,
            "\(file) has no kernel template '\(base)' for '\(name)'; it has "
                + (all.isEmpty ? "none." : all.map(\.description).joined(separator: ", ") + "."))
    }

    /// What stands for each named parameter of the template.
    private func values(
        for template: KernelTemplate, file: String
    ) throws(ComputeError) -> [String: [KernelToken]] {
        func refuse(_ what: String) -> ComputeError {
            ComputeError(
                .noKernel,
                "\(file):\(template.function.line): '\(name)' can't be made of \(template): \(what), as in \(template.example)."
            )
        }
        if let parameter = template.parameters.first(where: { $0.kind == .other }) {
            throw ComputeError(
                .noKernel,
                "\(file):\(template.function.line): '\(name)' can't be made of \(template): '\(parameter.declaration)' is a "
                    + "pack or a template, which a name can't give; write a __global__ function that calls it.")
        }
        let least = template.parameters.prefix { $0.standard == nil }.count
        guard (least...template.parameters.count).contains(arguments.count) else {
            let count = least == template.parameters.count ? "\(least)" : "\(least) to \(template.parameters.count)"
            let given = arguments.count == 1 ? "1 is" : "\(arguments.count) are"
            throw refuse("it takes \(count) argument\(count == "1" ? "" : "s"), and \(given) given")
        }
        var values: [String: [KernelToken]] = [:]
        for (index, parameter) in template.parameters.enumerated() {
            let given = index < arguments.count ? arguments[index] : nil
            if let given { try Self.check(given, parameter, refuse) }
            let value = given ?? Self.replacing(values, in: parameter.standard ?? [])
            if !parameter.name.isEmpty { values[parameter.name] = value }
        }
        return values
    }

    /// What is surely wrong; the rest is the compiler's to say.
    private static func check(
        _ given: [KernelToken], _ parameter: KernelTemplate.Parameter, _ refuse: (String) -> ComputeError
    ) throws(ComputeError) {
        let text = KernelParser.spelled(given)
        guard let first = given.first else { throw refuse("an argument is empty") }
        let plain = KernelParser.spelled(given.filter { !["const", "volatile", "*", "&"].contains($0.text) })
        let isType = KernelParser.element(plain) != nil || plain == "bool"
        let isValue =
            first.kind == .number || first.kind == .literal
            || ["-", "+", "!", "~", "true", "false"].contains(first.text)
        if parameter.kind == .type, isValue {
            throw refuse("'\(parameter.declaration)' is a type, and \(text) is none")
        }
        if parameter.kind == .value, isType {
            throw refuse("'\(parameter.declaration)' is a value, and \(text) is a type")
        }
    }

    private static func replacing(_ values: [String: [KernelToken]], in tokens: [KernelToken]) -> [KernelToken] {
        tokens.flatMap { $0.kind == .word ? values[$0.text] ?? [$0] : [$0] }
    }
}

extension KernelSignature {
    /// Whether it is what somebody means by this name: its own, or that of an instance in any spelling, without namespaces.
    package func isCalled(_ wanted: String) -> Bool {
        if name == wanted { return true }
        guard let instance = KernelInstance(wanted) else { return false }
        return name == instance.name || name.hasSuffix("::" + instance.name)
    }

    /// The function's own name, without namespaces and template arguments.
    package var functionName: String {
        let whole = name.prefix { $0 != "<" }
        return whole.lastIndex(of: ":").map { String(whole[whole.index(after: $0)...]) } ?? String(whole)
    }
}
