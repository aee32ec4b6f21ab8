/// One key of a section: its name, its kind, where its value goes and what the reference says about it.
package struct Field<Root: Sendable>: Sendable {
    /// What the reference and the hints need to know.
    package let description: FieldDescription
    let acceptsNothing: Bool
    let read: @Sendable (SettingsNode, inout SettingsReader, inout Root) -> Void

    /// A key `name` of `kind` that is stored at `path`. The default in the reference is the one of the
    /// section's initial value, unless `standard` says it in words.
    package init<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        required: Bool = false, standard: String? = nil, example: String? = nil, _ summary: String
    ) {
        description = FieldDescription(
            name: name, kind: kind.name, isRequired: required, standard: standard, example: example,
            summary: summary, childKey: kind.childKey, children: kind.children)
        acceptsNothing = kind.acceptsNothing
        read = { node, reader, root in
            if let value = kind.read(node, &reader) { root[keyPath: path] = value }
        }
        write = { root in kind.format(root[keyPath: path]) }
    }

    let write: @Sendable (Root) -> String?

    private init(
        description: FieldDescription, acceptsNothing: Bool,
        read: @escaping @Sendable (SettingsNode, inout SettingsReader, inout Root) -> Void,
        write: @escaping @Sendable (Root) -> String?
    ) {
        self.description = description
        self.acceptsNothing = acceptsNothing
        self.read = read
        self.write = write
    }

    /// The same key for a larger value that holds `Root` at `path`.
    package func lifted<Outer: Sendable>(
        to path: any WritableKeyPath<Outer, Root> & Sendable
    ) -> Field<Outer> {
        Field<Outer>(
            description: description, acceptsNothing: acceptsNothing,
            read: { [read] node, reader, outer in read(node, &reader, &outer[keyPath: path]) },
            write: { [write] outer in write(outer[keyPath: path]) })
    }
}

/// A mapping with known keys: how it is read, and what the reference says.
package struct SettingsSection<Root: Sendable>: Sendable {
    /// The value of a section that sets nothing.
    package let initial: Root
    /// Its keys.
    package let fields: [Field<Root>]
    /// Looks at the section as a whole, after its keys were read.
    package let check: @Sendable (inout Root, SettingsNode, inout SettingsReader) -> Void

    /// A section with `fields`, which start from `initial`.
    package init(
        _ initial: Root,
        check: @escaping @Sendable (inout Root, SettingsNode, inout SettingsReader) -> Void = { _, _, _ in },
        @SectionBuilder<Root> fields: () -> [Field<Root>]
    ) {
        self.initial = initial
        self.fields = fields()
        self.check = check
    }

    /// The keys for a larger section that holds this one's value at `path`: the keys stand beside its own.
    package func lifted<Outer: Sendable>(
        to path: any WritableKeyPath<Outer, Root> & Sendable
    ) -> [Field<Outer>] {
        fields.map { field in
            field.filled(with: initial).lifted(to: path)
        }
    }

    /// What the reference says, with the defaults filled in.
    package var descriptions: [FieldDescription] {
        fields.map { $0.filled(with: initial).description }
    }

    /// Reads a whole file's text. All that is wrong is thrown at once.
    package func read(text: String, file: String) throws(SettingsError) -> Root {
        var reader = SettingsReader(file: file, schema: descriptions)
        let node = SettingsParser.parse(text, into: &reader)
        let root = read(node, &reader)
        try reader.throwIfAny()
        return root ?? initial
    }

    /// Reads one mapping; nil if it is none.
    package func read(_ node: SettingsNode, _ reader: inout SettingsReader) -> Root? {
        guard !node.isNothing else { return finish(initial, node, &reader) }
        guard case .mapping(let entries) = node.content else {
            let keys = fields.map(\.description.name).prefix(4).joined(separator: ", ")
            reader.report("expected a mapping with keys such as \(keys), found \(node.summary)", at: node)
            return nil
        }
        var root = initial
        for entry in entries {
            guard let field = fields.first(where: { $0.description.name == entry.key }) else {
                reader.reportUnknown(entry, in: node, known: fields.map(\.description.name))
                continue
            }
            if entry.value.isNothing {
                guard !field.acceptsNothing else { continue }
                reader.report("has no value; write one (\(field.description.kind)) or remove the line", at: entry.value)
                continue
            }
            field.read(entry.value, &reader, &root)
        }
        return finish(root, node, &reader)
    }

    private func finish(_ root: Root, _ node: SettingsNode, _ reader: inout SettingsReader) -> Root {
        for field in fields where field.description.isRequired && node[field.description.name] == nil {
            let example = field.description.example.map { ", for example '\(field.description.name): \($0)'" } ?? ""
            reader.report("'\(field.description.name)' is missing\(example)", at: node)
        }
        var root = root
        check(&root, node, &reader)
        return root
    }
}

extension Field {
    func filled(with initial: Root) -> Field {
        var description = description
        if description.standard == nil { description.standard = write(initial) }
        return Field(description: description, acceptsNothing: acceptsNothing, read: read, write: write)
    }
}

/// Lists fields one a line, single ones and those lifted from another section.
@resultBuilder
package enum SectionBuilder<Root: Sendable> {
    /// One field.
    package static func buildExpression(_ field: Field<Root>) -> [Field<Root>] { [field] }
    /// The fields of another section.
    package static func buildExpression(_ fields: [Field<Root>]) -> [Field<Root>] { fields }
    /// All of them in order.
    package static func buildBlock(_ parts: [Field<Root>]...) -> [Field<Root>] { parts.flatMap { $0 } }
}
