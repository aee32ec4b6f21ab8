/// Why a text is no value of the wanted kind: the second half of a diagnostic, with the way out.
package struct ValueRefusal: Error, Hashable, Sendable {
    /// A sentence such as `"30 parsecs" is not a duration; write ...`.
    package var message: String

    /// A refusal that says `message`.
    package init(_ message: String) {
        self.message = message
    }
}

/// A kind of value: how it is read from a settings file, how it is written, and what the reference calls it.
package struct ValueKind<Value: Sendable>: Sendable {
    /// The kind's name in the reference: `duration`, `true or false`.
    package var name: String
    /// Whether a key with nothing after it is fine and means the default (sections, lists, maps).
    package var acceptsNothing = false
    /// For mappings the keys below, for the reference and for hints.
    package var children: [FieldDescription] = []
    /// What stands between this key and its children in a path: `PREFIX` for maps, `[]` for lists.
    package var childKey: String?
    /// Reads a node, reporting what is wrong; nil then.
    package var read: @Sendable (SettingsNode, inout SettingsReader) -> Value?
    /// The value as one would write it; nil when there is nothing to show.
    package var format: @Sendable (Value) -> String?

    /// A kind with its own way of reading nodes.
    package init(
        name: String,
        read: @escaping @Sendable (SettingsNode, inout SettingsReader) -> Value?,
        format: @escaping @Sendable (Value) -> String?
    ) {
        self.name = name
        self.read = read
        self.format = format
    }

    /// A kind that is written as one scalar: `parse` gets the scalar's text as it stands in the file.
    package static func scalar(
        _ name: String,
        format: @escaping @Sendable (Value) -> String?,
        parse: @escaping @Sendable (String) throws(ValueRefusal) -> Value
    ) -> ValueKind {
        ValueKind(
            name: name,
            read: { node, reader in
                guard case .scalar(let text, _) = node.content else {
                    reader.report("expected a value (\(name)), found \(node.summary)", at: node)
                    return nil
                }
                do throws(ValueRefusal) {
                    return try parse(text)
                } catch {
                    reader.report(error.message, at: node)
                    return nil
                }
            }, format: format)
    }

    /// The same kind under another name in the reference.
    package func named(_ name: String) -> ValueKind {
        var copy = self
        copy.name = name
        return copy
    }

    /// The same kind for an optional value: leaving the key out gives nil.
    package var optional: ValueKind<Value?> {
        let kind = self
        var result = ValueKind<Value?>(
            name: name,
            read: { node, reader in kind.read(node, &reader).map { .some($0) } },
            format: { $0.flatMap(kind.format) })
        result.acceptsNothing = acceptsNothing
        result.children = children
        result.childKey = childKey
        return result
    }

    /// The same kind, where the word `none` gives nil.
    package var orNone: ValueKind<Value?> {
        let kind = self
        return ValueKind<Value?>(
            name: "\(name) or none",
            read: { node, reader in
                if case .scalar("none", plain: _) = node.content { return .some(.none) }
                return kind.read(node, &reader).map { .some($0) }
            },
            format: { value in value.map(kind.format) ?? "none" })
    }
}

extension ValueKind where Value == String {
    /// Any text that isn't empty.
    package static var text: ValueKind {
        .scalar("text", format: { $0.isEmpty ? nil : $0 }) { text throws(ValueRefusal) in
            guard !text.isEmpty else { throw ValueRefusal("must not be empty") }
            return text
        }
    }

    /// A path of a file or folder; relative ones count from the settings file's folder.
    package static var path: ValueKind {
        ValueKind.scalar("path", format: { $0.isEmpty ? nil : $0 }) { text throws(ValueRefusal) in
            guard !text.isEmpty else { throw ValueRefusal("must name a path") }
            guard !text.utf8.contains(0) else { throw ValueRefusal("a path can't hold a NUL") }
            return text
        }
    }
}

extension ValueKind where Value == Bool {
    /// `true` or `false` and nothing else.
    package static var flag: ValueKind {
        .scalar("true or false", format: { $0 ? "true" : "false" }) { text throws(ValueRefusal) in
            switch text {
            case "true": return true
            case "false": return false
            case let other:
                let meant = ["yes": "true", "on": "true", "y": "true", "1": "true"][other.lowercased()]
                let unmeant = ["no": "false", "off": "false", "n": "false", "0": "false"][other.lowercased()]
                let folded = ["true", "false"].first { $0 == other.lowercased() }
                if let word = meant ?? unmeant ?? folded { throw ValueRefusal("write '\(word)', not '\(other)'") }
                throw ValueRefusal("\"\(other)\" is neither true nor false")
            }
        }
    }
}

extension ValueKind where Value == Int {
    /// A whole decimal number in `range`. Leading zeros are refused: YAML 1.1 reads `0755` as octal.
    package static func integer(in range: ClosedRange<Int>) -> ValueKind {
        .scalar("number, \(Self.describe(range))", format: { String($0) }) { text throws(ValueRefusal) in
            guard let value = Self.decimal(text) else {
                throw ValueRefusal("\"\(text)\" is not a whole number; write digits only, without leading zeros")
            }
            guard range.contains(value) else {
                throw ValueRefusal("\(text) is out of range; allowed: \(Self.describe(range))")
            }
            return value
        }
    }

    private static func describe(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    static func decimal(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits == "0" || !digits.hasPrefix("0")
        else { return nil }
        return Int(text)
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the enum's words.
    package static var choice: ValueKind {
        let words = Value.allCases.map(\.rawValue)
        return .scalar(words.joined(separator: ", "), format: { $0.rawValue }) { text throws(ValueRefusal) in
            if let value = Value(rawValue: text) { return value }
            let hint = Spelling.nearest(to: text, among: words).map { "did you mean '\($0)'?" }
            throw ValueRefusal(
                "\"\(text)\" is not one of \(words.joined(separator: ", "))" + (hint.map { "; " + $0 } ?? ""))
        }
    }
}
