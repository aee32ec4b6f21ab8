/// The values of `${NAME}` in an Apache configuration: `Define`, then the environment of Debian's `envvars`.
package struct ApacheVariables: Sendable {
    /// What is certainly defined now.
    private var defined: [String: String] = [:]
    /// What may be defined as well: in conditionals of unknown truth.
    private var possible: [String: [String]] = [:]
    private let environment: [String: String]

    /// With what `envvars` exports.
    package init(environment: [String: String] = [:]) { self.environment = environment }

    /// `Define NAME [VALUE]`.
    package mutating func define(_ name: String, _ value: String, isCertain: Bool) {
        if isCertain { defined[name] = value } else { possible[name, default: []].append(value) }
    }

    /// `UnDefine NAME`.
    package mutating func undefine(_ name: String, isCertain: Bool) {
        guard isCertain else { return }
        if let value = defined.removeValue(forKey: name) { possible[name, default: []].append(value) }
    }

    /// Whether `name` is certainly defined in the configuration; false doesn't mean that it isn't (`-D`).
    package func isDefined(_ name: String) -> Bool { defined[name] != nil }

    /// Every text that `text` can mean; at most 1,000. What is defined nowhere is ``PossiblePath/unknown``.
    package func expand(_ text: String) -> [String] {
        var budget = 2000
        return expand(text, depth: 0, &budget)
    }

    private func expand(_ text: String, depth: Int, _ budget: inout Int) -> [String] {
        budget -= 1
        guard budget > 0, depth < 16, let open = text.firstRange(of: "${"),
            let close = text[open.upperBound...].firstIndex(of: "}")
        else {
            return [text]
        }
        let name = String(text[open.upperBound..<close])
        var values = (defined[name] ?? environment[name]).map { [$0] } ?? []
        values += possible[name] ?? []
        if values.isEmpty { values = [PossiblePath.unknownText] }
        let before = String(text[..<open.lowerBound])
        let after = expand(String(text[text.index(after: close)...]), depth: depth + 1, &budget)
        var results: [String] = []
        var seen: Set<String> = []
        for value in values {
            for value in expand(value, depth: depth + 2, &budget) {
                for rest in after where results.count < 1000 && seen.insert(before + value + rest).inserted {
                    results.append(before + value + rest)
                }
            }
        }
        return results
    }

    /// What a shell file such as Debian's `/etc/apache2/envvars` exports: `export NAME=value`, with `$NAME` and
    /// `${NAME}` of itself; of unknown variables nothing remains, as in a shell.
    package static func shellVariables(_ bytes: [UInt8]) -> [String: String] {
        var values: [String: String] = [:]
        for (_, line) in Lines.split(bytes) {
            var text = Lines.trimmed(line)
            if text.starts(with: "export ".utf8) { text = Lines.trimmed(text.dropFirst(7)) }
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else { continue }
            let name = text[..<equals]
            guard
                name.allSatisfy({
                    $0 == UInt8(ascii: "_") || Character(UnicodeScalar($0)).isLetter
                        || Character(UnicodeScalar($0)).isNumber
                })
            else { continue }
            let value = ByteText.string(text[(equals + 1)...])
            values[ByteText.string(name)] = shellValue(value, values)
        }
        return values
    }

    private static func shellValue(_ text: String, _ values: [String: String]) -> String {
        var result = ""
        var rest = text.unicodeScalars[...]
        var quote: Unicode.Scalar?
        while let scalar = rest.popFirst() {
            if scalar == quote {
                quote = nil
            } else if quote == nil, scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if quote == nil, scalar == "#" || scalar == ";" || scalar.properties.isWhitespace {
                break
            } else if scalar == "$", quote != "'" {
                let isBraced = rest.first == "{"
                if isBraced { rest.removeFirst() }
                let name = rest.prefix { $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil }
                rest = rest.dropFirst(name.count)
                if isBraced {
                    // `${NAME:-default}` and the like keep to the value.
                    rest = rest.drop { $0 != "}" }.dropFirst()
                }
                result += values[String(String.UnicodeScalarView(name))] ?? ""
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
