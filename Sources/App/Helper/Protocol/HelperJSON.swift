internal import Foundation

/// How answers are written: keys in order, so that equal answers are equal bytes.
enum HelperJSON {
    /// The bytes of `value`.
    static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array((try? encoder.encode(value)) ?? Data("{}".utf8))
    }
}
