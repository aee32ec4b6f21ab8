#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Base64 (RFC 4648, section 4).
enum Base64 {
    /// The bytes that `text` encodes; nil where it isn't base64.
    static func decode(_ text: [UInt8]) -> [UInt8]? { Data(base64Encoded: Data(text)).map { Array($0) } }
}
