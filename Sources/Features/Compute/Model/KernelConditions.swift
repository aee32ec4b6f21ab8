/// Decides `#if` and its kin as far as the source's own definitions and simple arithmetic tell, so that kernels in
/// branches that are left out are not found. A condition that can't be decided counts as true.
package struct KernelConditions {
    private var definitions: [String: String]
    /// For each open `#if`: whether the branch is taken, and whether one before it was.
    private var open: [(taken: Bool, decided: Bool)] = []

    /// With what is defined before the first line.
    package init(definitions: [String: String]) { self.definitions = definitions }

    /// Whether the lines here count.
    package var isActive: Bool { open.allSatisfy(\.taken) }

    /// The next preprocessor line.
    package mutating func read(_ directive: String) {
        let words = KernelLexer.tokens(of: String(directive.drop { $0 == "#" || $0 == " " || $0 == "\t" }))
        guard let name = words.first?.text else { return }
        let rest = words.dropFirst()
        switch name {
        case "if": push { Expression.value(of: rest, in: $0) }
        case "ifdef": push { $0[rest.first?.text ?? ""] != nil ? 1 : 0 }
        case "ifndef": push { $0[rest.first?.text ?? ""] == nil ? 1 : 0 }
        case "elif": turn { Expression.value(of: rest, in: $0) }
        case "else": turn { _ in 1 }
        case "endif": _ = open.popLast()
        case "define" where isActive: define(rest)
        case "undef" where isActive: definitions[rest.first?.text ?? ""] = nil
        default: break
        }
    }

    private mutating func push(_ condition: ([String: String]) -> Int?) {
        let taken = isActive && (condition(definitions) ?? 1) != 0
        open.append((taken, taken))
    }

    private mutating func turn(_ condition: ([String: String]) -> Int?) {
        guard let last = open.popLast() else { return }
        let taken = !last.decided && isActive && (condition(definitions) ?? 1) != 0
        open.append((taken, last.decided || taken))
    }

    private mutating func define(_ rest: ArraySlice<KernelToken>) {
        guard let name = rest.first else { return }
        definitions[name.text] = rest.dropFirst().map(\.text).joined(separator: " ")
    }

    /// Integer expressions of the preprocessor, by precedence.
    private struct Expression {
        var words: ArraySlice<KernelToken>
        let definitions: [String: String]
        var depth = 0

        static func value(of words: ArraySlice<KernelToken>, in definitions: [String: String]) -> Int? {
            var expression = Expression(words: merged(words), definitions: definitions)
            guard let value = expression.binary(0), expression.words.isEmpty else { return nil }
            return value
        }

        /// `&&`, `||`, `==`, `!=`, `<=`, `>=` as one word each.
        private static func merged(_ words: ArraySlice<KernelToken>) -> ArraySlice<KernelToken> {
            var result: [KernelToken] = []
            for word in words {
                if let last = result.last, last.kind == .punctuation, last.range.upperBound == word.range.lowerBound,
                    ["&&", "||", "==", "!=", "<=", ">="].contains(last.text + word.text)
                {
                    result[result.count - 1].text += word.text
                } else {
                    result.append(word)
                }
            }
            return result[...]
        }

        private static let precedence: [String: Int] = [
            "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6,
            "%": 6,
        ]

        mutating func binary(_ least: Int) -> Int? {
            guard var left = unary() else { return nil }
            while let word = words.first, let rank = Self.precedence[word.text], rank > least {
                words.removeFirst()
                guard let right = binary(rank), let value = Self.apply(word.text, left, right) else { return nil }
                left = value
            }
            return left
        }

        mutating func unary() -> Int? {
            guard depth < 64, let word = words.popFirst() else { return nil }
            depth += 1
            defer { depth -= 1 }
            switch word.text {
            case "!": return unary().map { $0 == 0 ? 1 : 0 }
            case "-": return unary().map { 0 &- $0 }
            case "+": return unary()
            case "(":
                guard let value = binary(0), words.popFirst()?.text == ")" else { return nil }
                return value
            case "defined": return isDefined()
            default: return operand(word)
            }
        }

        private mutating func isDefined() -> Int? {
            guard var name = words.popFirst() else { return nil }
            if name.text == "(" {
                guard let inner = words.popFirst(), words.popFirst()?.text == ")" else { return nil }
                name = inner
            }
            return definitions[name.text] != nil ? 1 : 0
        }

        private func operand(_ word: KernelToken) -> Int? {
            if word.kind == .number { return Self.integer(word.text) }
            guard word.kind == .word else { return nil }
            guard let text = definitions[word.text] else { return words.first?.text == "(" ? nil : 0 }
            guard depth < 32, text != word.text else { return nil }
            return Self.integer(text)
        }

        private static func integer(_ text: String) -> Int? {
            let digits = text.lowercased().reversed().drop { $0 == "u" || $0 == "l" }.reversed()
            let plain = String(digits).replacing("'", with: "")
            return plain.hasPrefix("0x") ? Int(plain.dropFirst(2), radix: 16) : Int(plain)
        }

        private static func apply(_ operation: String, _ left: Int, _ right: Int) -> Int? {
            switch operation {
            case "||": return left != 0 || right != 0 ? 1 : 0
            case "&&": return left != 0 && right != 0 ? 1 : 0
            case "==": return left == right ? 1 : 0
            case "!=": return left != right ? 1 : 0
            case "<": return left < right ? 1 : 0
            case ">": return left > right ? 1 : 0
            case "<=": return left <= right ? 1 : 0
            case ">=": return left >= right ? 1 : 0
            case "+": return left &+ right
            case "-": return left &- right
            case "*": return left &* right
            case "/": return right == 0 || right == -1 ? nil : left / right
            default: return right == 0 || right == -1 ? nil : left % right
            }
        }
    }
}
