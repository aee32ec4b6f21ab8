/// Why bytes are no DNS message.
package struct DamagedMessage: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it was found, in bytes from the begin.
    package var offset: Int
    /// What is wrong, ending without a period.
    package var text: String

    /// A damage.
    package init(_ text: String, at offset: Int) {
        self.text = text
        self.offset = offset
    }

    /// `byte 14: a name's pointer leads forward`.
    package var description: String { "byte \(offset): \(text)" }
}
