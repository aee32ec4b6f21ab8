/// The values that nginx's variables can have as far as the configuration fixes them (`set`, `map`, `geo`,
/// `split_clients`); others are unknown.
package struct NginxVariables: Sendable {
    private var values: [String: [String]] = [:]

    /// What the directives of all files define.
    package init(_ directives: [NginxDirective] = []) {
        for directive in directives { add(directive) }
    }

    /// Adds what one directive defines.
    package mutating func add(_ directive: NginxDirective) {
        if directive.name == "set", directive.arguments.count == 2 {
            define(directive.arguments[0], directive.arguments[1])
        }
        guard let block = directive.blocks.last, let variable = block.arguments.last else { return }
        switch block.name {
        case "map", "geo", "split_clients":
            // `map IN OUT { key value; }`: the value is the last word; lone words (`hostnames`) are settings.
            if directive.name == "include" || directive.arguments.count != 1 { return }
            define(variable, directive.arguments[0])
        default: return
        }
    }

    /// The variable of a `map`, `geo` or `split_clients` block whose entries `directive` (an `include`) brings in.
    package static func definedBlock(_ directive: NginxDirective) -> NginxBlock? {
        guard let block = directive.blocks.last, ["map", "geo", "split_clients"].contains(block.name) else {
            return nil
        }
        return block
    }

    private mutating func define(_ variable: String, _ value: String) {
        guard variable.hasPrefix("$") else { return }
        let name = variable.dropFirst().lowercased()
        if !values[name, default: []].contains(value) { values[name, default: []].append(value) }
    }

    /// Every value that `text` can have; parts that only a request fixes are ``PossiblePath/unknown``. At most 10,000.
    package func expand(_ text: String) -> [String] {
        var budget = 20_000
        return expand(text, visiting: [], &budget)
    }

    private func expand(_ text: String, visiting: Set<String>, _ budget: inout Int) -> [String] {
        var results = [""]
        for part in Self.parts(text) {
            var choices: [String] = []
            switch part {
            case .text(let text): choices = [text]
            case .variable(let name):
                if let values = values[name], !visiting.contains(name), visiting.count < 16 {
                    for value in values { choices += expand(value, visiting: visiting.union([name]), &budget) }
                } else {
                    choices = [PossiblePath.unknownText]
                }
            }
            budget -= results.count * choices.count
            if budget < 0 { return [PossiblePath.unknownText] }
            results = results.flatMap { result in choices.map { result + $0 } }
        }
        return results
    }

    private enum Part {
        case text(String)
        case variable(String)
    }

    /// `a$b${c}d` in its parts; a lone `$` is text.
    private static func parts(_ text: String) -> [Part] {
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var plain = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            var start = index + 1
            let isBraced = start < scalars.count && scalars[start] == "{"
            if isBraced { start += 1 }
            var end = start
            while end < scalars.count, isNameScalar(scalars[end]) { end += 1 }
            guard scalars[index] == "$", end > start, !isBraced || (end < scalars.count && scalars[end] == "}") else {
                plain.append(scalars[index])
                index += 1
                continue
            }
            parts.append(.text(String(plain)))
            plain = String.UnicodeScalarView()
            var name = String.UnicodeScalarView()
            name.append(contentsOf: scalars[start..<end])
            parts.append(.variable(String(name).lowercased()))
            index = isBraced ? end + 1 : end
        }
        return parts + [.text(String(plain))]
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || (scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil))
    }
}
