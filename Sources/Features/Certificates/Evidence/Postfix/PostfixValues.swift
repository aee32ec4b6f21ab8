/// Values of Postfix's parameters with their `$name` references resolved (postconf(5), "main.cf file format").
package struct PostfixValues: Sendable {
    private var values: [String: String]

    /// Postfix's own defaults as far as certificates' paths use them.
    private static let defaults = [
        "config_directory": "/etc/postfix", "queue_directory": "/var/spool/postfix",
        "data_directory": "/var/lib/postfix", "daemon_directory": "/usr/lib/postfix/sbin",
        "meta_directory": "/etc/postfix", "multi_instance_name": "", "syslog_name": "postfix",
        "default_database_type": "hash", "smtpd_tls_key_file": "$smtpd_tls_cert_file",
        "smtpd_tls_dkey_file": "$smtpd_tls_dcert_file", "smtpd_tls_eckey_file": "$smtpd_tls_eccert_file",
        "smtp_tls_key_file": "$smtp_tls_cert_file", "smtp_tls_dkey_file": "$smtp_tls_dcert_file",
        "smtp_tls_eckey_file": "$smtp_tls_eccert_file", "lmtp_tls_key_file": "$lmtp_tls_cert_file",
    ]
    private static let empty: Set<String> = [
        "smtpd_tls_cert_file", "smtpd_tls_dcert_file", "smtpd_tls_eccert_file", "smtp_tls_cert_file",
        "smtp_tls_dcert_file", "smtp_tls_eccert_file", "lmtp_tls_cert_file", "smtpd_tls_CAfile", "smtp_tls_CAfile",
    ]

    /// Of `parameters` in order, a later one in place of an earlier one.
    package init(_ parameters: [PostfixParameter], configurationFolder: String = "/etc/postfix") {
        values = Self.defaults
        values["config_directory"] = configurationFolder
        for name in Self.empty { values[name] = "" }
        for parameter in parameters { values[parameter.name] = parameter.value }
    }

    /// With a service's overrides.
    package func overridden(by overrides: [PostfixParameter]) -> Self {
        var copy = self
        for override in overrides { copy.values[override.name] = override.value }
        return copy
    }

    /// The value of `name`, references resolved; nil if it isn't set.
    package func value(of name: String) -> String? { values[name].map { expand($0) } }

    /// `text` with its references resolved; what isn't known is ``PossiblePath/unknown``.
    package func expand(_ text: String) -> String {
        var budget = 100_000
        return expand(Array(text.unicodeScalars)[...], depth: 0, &budget)
    }

    private func expand(_ text: ArraySlice<Unicode.Scalar>, depth: Int, _ budget: inout Int) -> String {
        var result = String.UnicodeScalarView()
        var rest = text
        while let scalar = rest.popFirst() {
            budget -= 1
            guard budget > 0, depth < 64 else { return PossiblePath.unknownText }
            guard scalar == "$", let next = rest.first else {
                result.append(scalar)
                continue
            }
            if next == "$" {
                rest.removeFirst()
                result.append("$")
            } else if next == "{" || next == "(" {
                let inner = Self.inside(&rest, open: next, close: next == "{" ? "}" : ")")
                budget -= inner.count
                result.append(contentsOf: reference(inner, depth: depth, &budget).unicodeScalars)
            } else {
                let name = rest.prefix(while: Self.isNameScalar)
                rest = rest.dropFirst(name.count)
                if name.isEmpty {
                    result.append(scalar)
                } else {
                    result.append(contentsOf: value(Self.string(name), depth: depth, &budget).unicodeScalars)
                }
            }
        }
        return String(result)
    }

    /// What stands between the bracket at the head of `rest` and its partner; both are taken off.
    private static func inside(
        _ rest: inout ArraySlice<Unicode.Scalar>, open: Unicode.Scalar, close: Unicode.Scalar
    ) -> ArraySlice<Unicode.Scalar> {
        rest.removeFirst()
        let whole = rest
        var depth = 1
        while let scalar = rest.popFirst() {
            if scalar == open { depth += 1 }
            if scalar == close { depth -= 1 }
            if depth == 0 { return whole[..<(rest.startIndex - 1)] }
        }
        return whole
    }

    /// `{text}` taken off the head of `rest`, or all of it where no brace begins it.
    private static func operand(_ rest: inout ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        rest = rest.drop(while: \.properties.isWhitespace)
        defer { rest = rest.drop(while: \.properties.isWhitespace) }
        if rest.first == "{" { return inside(&rest, open: "{", close: "}") }
        defer { rest = [] }
        return rest
    }

    /// `name`, `name?text`, `name:text`, `name?{text}:{text}`, `{a} == {b} ? {text} : {text}`.
    private func reference(_ inner: ArraySlice<Unicode.Scalar>, depth: Int, _ budget: inout Int) -> String {
        var rest = inner.drop(while: \.properties.isWhitespace)
        let isTrue: Bool
        if rest.first == "{" {
            let left = expand(Self.operand(&rest), depth: depth + 1, &budget)
            let symbol = Self.string(rest.prefix { "=!<>".unicodeScalars.contains($0) })
            rest = rest.dropFirst(symbol.unicodeScalars.count)
            let right = expand(Self.operand(&rest), depth: depth + 1, &budget)
            if PossiblePath.isUnknown(left + right) { return PossiblePath.unknownText }
            isTrue = Self.compare(left, symbol, right)
        } else {
            let name = rest.prefix(while: Self.isNameScalar)
            rest = rest.dropFirst(name.count).drop(while: \.properties.isWhitespace)
            let known = values[Self.string(name)]
            let value = known == nil ? "" : value(Self.string(name), depth: depth, &budget)
            if rest.isEmpty { return known == nil ? PossiblePath.unknownText : value }
            isTrue = !value.isEmpty
        }
        guard let mark = rest.popFirst(), mark == "?" || mark == ":" else { return PossiblePath.unknownText }
        let first = Self.operand(&rest)
        if (mark == "?") == isTrue { return expand(first, depth: depth + 1, &budget) }
        guard mark == "?", rest.popFirst() == ":" else { return "" }
        return expand(Self.operand(&rest), depth: depth + 1, &budget)
    }

    /// A comparison, of numbers where both sides are some.
    private static func compare(_ left: String, _ symbol: String, _ right: String) -> Bool {
        let order: Int
        if let one = Int(left), let other = Int(right) {
            order = one == other ? 0 : one < other ? -1 : 1
        } else {
            order = left == right ? 0 : left < right ? -1 : 1
        }
        switch symbol {
        case "==": return order == 0
        case "!=": return order != 0
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        default: return order >= 0
        }
    }

    private func value(_ name: String, depth: Int, _ budget: inout Int) -> String {
        guard let value = values[name], depth < 32 else { return PossiblePath.unknownText }
        budget -= value.utf8.count
        return expand(Array(value.unicodeScalars)[...], depth: depth + 1, &budget)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || (scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil))
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
