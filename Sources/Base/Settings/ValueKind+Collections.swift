extension ValueKind {
    /// A list of `element`s.
    package static func list<Element: Sendable>(_ element: ValueKind<Element>) -> ValueKind
    where Value == [Element] {
        collection(element, name: "list of \(element.name)") { node, reader in
            reader.report("expected a list, found \(node.summary); write [\(element.name)]", at: node)
            return nil
        }
    }

    /// A list of `element`s, or just one.
    package static func oneOrMore<Element: Sendable>(_ element: ValueKind<Element>) -> ValueKind
    where Value == [Element] {
        collection(element, name: "\(element.name), or a list") { node, reader in
            element.read(node, &reader).map { [$0] }
        }
    }

    private static func collection<Element: Sendable>(
        _ element: ValueKind<Element>, name: String,
        otherwise: @escaping @Sendable (SettingsNode, inout SettingsReader) -> [Element]?
    ) -> ValueKind where Value == [Element] {
        var kind = ValueKind(
            name: name,
            read: { node, reader in
                guard case .list(let items) = node.content else { return otherwise(node, &reader) }
                return items.compactMap { element.read($0, &reader) }
            },
            format: { values in
                values.isEmpty ? nil : values.compactMap(element.format).joined(separator: ", ")
            })
        kind.acceptsNothing = true
        kind.children = element.children
        kind.childKey = "[]"
        return kind
    }

    /// A mapping with keys of the user's choice, in the order of the file. `key` reads a key's text,
    /// `placeholder` stands for it in the reference.
    package static func map<Key: Sendable, Element: Sendable>(
        _ placeholder: String, key: ValueKind<Key>, value: ValueKind<Element>
    ) -> ValueKind where Value == [MapEntry<Key, Element>] {
        var kind = ValueKind(
            name: value.children.isEmpty ? "map of \(placeholder) to \(value.name)" : "map of \(placeholder)",
            read: { node, reader in
                guard case .mapping(let entries) = node.content else {
                    reader.report("expected a mapping, found \(node.summary); write \(placeholder): ...", at: node)
                    return nil
                }
                return entries.compactMap { entry in
                    let keyNode = SettingsNode(
                        .scalar(entry.key, plain: true), mark: entry.keyMark, path: entry.value.path)
                    let name = key.read(keyNode, &reader)
                    let element = value.read(entry.value, &reader)
                    guard let name, let element else { return nil }
                    return MapEntry(key: name, value: element, mark: entry.keyMark, path: entry.value.path)
                }
            },
            format: { $0.isEmpty ? nil : "" })
        kind.acceptsNothing = true
        kind.children = value.children
        kind.childKey = placeholder
        return kind
    }

    /// A mapping with the section's keys.
    package static func section(_ section: SettingsSection<Value>) -> ValueKind {
        var kind = ValueKind(
            name: "section",
            read: { node, reader in section.read(node, &reader) },
            format: { _ in nil })
        kind.acceptsNothing = true
        kind.children = section.descriptions
        return kind
    }
}

/// One entry of a mapping whose keys the user chooses, with its place for later checks.
package struct MapEntry<Key: Sendable, Value: Sendable>: Sendable {
    /// The key as read.
    package var key: Key
    /// What it is set to.
    package var value: Value
    /// Where the key stands.
    package var mark: SourceMark
    /// The keys that lead here.
    package var path: String

    /// An entry found at `mark`.
    package init(key: Key, value: Value, mark: SourceMark, path: String) {
        self.key = key
        self.value = value
        self.mark = mark
        self.path = path
    }
}
