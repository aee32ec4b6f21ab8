import StewardCore

/// Why a request target is refused before anything is looked up.
package enum PathRefusal: String, Error, Hashable, Sendable, CaseIterable {
    case empty
    case notAPath
    case controlCharacter
    case space
    case fragment
    case backslash
    case encodedSlash
    case encodedTwice
    case dotSegment
    case emptySegment
    case badEscape
    case badText

    /// What is wrong and what to send instead; a sentence.
    package var sentence: String {
        switch self {
        case .empty: "The request target is empty; it must begin with '/'."
        case .notAPath: "The request target must be a path that begins with '/', or an http or https URL."
        case .controlCharacter: "The request target holds a control character, plain or encoded; remove it."
        case .space: "The request target holds a space; write it as %20."
        case .fragment: "The request target holds a '#'; write it as %23, and leave fragments to the browser."
        case .backslash: "The path holds a backslash, plain or encoded; use '/' between segments."
        case .encodedSlash: "The path holds an encoded slash (%2F), which is not taken; use '/' between segments."
        case .encodedTwice: "The path holds a dot, slash, backslash or NUL that was encoded twice; encode it once."
        case .dotSegment: "The path holds a '.' or '..' segment, plain or encoded; resolve it before sending."
        case .emptySegment: "The path holds an empty segment ('//'); write a single '/'."
        case .badEscape: "The path holds a '%' that two hexadecimal digits do not follow; write it as %25."
        case .badText: "The request target is not valid UTF-8."
        }
    }

    /// The refusal as everybody sees it: 400 `bad-path`.
    package var problem: Problem {
        Problem("bad-path", status: 400, title: "The path is not acceptable", detail: sentence)
    }
}
