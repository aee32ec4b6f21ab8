/// A value of a settings file with its place: YAML's three kinds, scalars as their text.
package struct SettingsNode: Sendable {
    /// What the value is.
    package enum Content: Sendable {
        /// The scalar's text; `plain` when it was written without quotes.
        case scalar(String, plain: Bool)
        /// A sequence.
        case list([SettingsNode])
        /// A mapping in the order of the file, without duplicate keys.
        case mapping([Entry])
    }

    /// One line of a mapping.
    package struct Entry: Sendable {
        /// The key's text.
        package var key: String
        /// Where the key stands.
        package var keyMark: SourceMark
        /// What it is set to.
        package var value: SettingsNode
    }

    /// What the value is.
    package var content: Content
    /// Where it begins.
    package var mark: SourceMark
    /// The keys that lead to it, `zones./api.timeout` or `keys[0].name`.
    package var path: String
    /// Whether the value was reported already (an anchor); nothing more is said about it.
    var isRefused = false

    /// A node with its place and the keys that lead to it.
    package init(_ content: Content, mark: SourceMark, path: String) {
        self.content = content
        self.mark = mark
        self.path = path
    }

    /// Whether the key was written with nothing after it, or with `~` or `null`.
    package var isNothing: Bool {
        guard case .scalar(let text, plain: true) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// The mapping's entries, or none for any other value.
    package var entries: [Entry] {
        guard case .mapping(let entries) = content else { return [] }
        return entries
    }

    /// The value set for `key`.
    package subscript(key: String) -> SettingsNode? {
        entries.first { $0.key == key }?.value
    }

    /// `a mapping`, `a list`, `"text"`: the value as a message names it.
    package var summary: String {
        switch content {
        case .scalar(let text, _): isNothing ? "nothing" : "\"\(text)\""
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
