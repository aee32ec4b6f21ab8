/// Hides secret-looking values of queries and headers before they are logged. Decided by the name alone:
/// a whole word of it (`api_key`, `accessToken`, `X-Auth`) or, for the long words, its end (`mytoken`).
/// Everything else stays byte for byte as it was sent.
package struct SecretMask: Hashable, Sendable {
    /// What stands in a secret's place.
    package static let stars = "***"

    /// Masked wherever they stand as a whole word.
    private static let words: Set<String> = [
        "apikey", "auth", "authorization", "bearer", "code", "cookie", "credential", "credentials", "hmac", "jwt",
        "key", "nonce", "otp", "passphrase", "passwd", "password", "passcode", "pin", "pwd", "secret", "session",
        "sessionid", "sid", "sig", "sign", "signature", "ticket", "token",
    ]
    /// Masked at the end of a word too; short enough words (`key` in `monkey`) are not here.
    private static let endings = [
        "apikey", "accesskey", "secretkey", "privatekey", "adminkey", "token", "secret", "password", "passwd",
        "passphrase", "signature", "credential", "credentials", "sessionid",
    ]

    private let extra: Set<String>
    private let filter: WordFilter

    /// A mask that also hides names which equal one of `extra` or hold it as a whole word.
    package init(extra: [String] = []) {
        self.extra = Set(extra.map { $0.lowercased() })
        let firstWords = extra.map { Self.words(of: $0).first ?? $0.lowercased() }
        filter = WordFilter(Self.words.union(Self.endings).union(firstWords))
    }

    /// The query with secret values replaced; the same string when there is none.
    package func mask(query: String) -> String {
        guard mayHoldSecret(query) else { return query }
        var masked: [UInt8]?
        let bytes = query.utf8
        var copied = bytes.startIndex
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end =
                bytes[start...].firstIndex { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") } ?? bytes.endIndex
            if let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")),
                bytes.index(after: equals) < end, isSecret(encodedName: bytes[start..<equals])
            {
                masked = (masked ?? []) + bytes[copied...equals] + Self.stars.utf8
                copied = end
            }
            start = end < bytes.endIndex ? bytes.index(after: end) : end
        }
        guard let masked else { return query }
        return String(decoding: masked + bytes[copied...], as: UTF8.self)
    }

    /// The header's value as it may be logged.
    package func mask(header name: String, value: String) -> String {
        isSecret(header: name) ? Self.stars : value
    }

    /// Whether a header's value is secret: keys, credentials and cookies.
    package func isSecret(header name: String) -> Bool {
        isSecret(name: name)
    }

    /// Whether a parameter, header or setting of this name holds a secret.
    package func isSecret(name: String) -> Bool {
        guard name.utf8.withContiguousStorageIfAvailable(filter.mayOccur) ?? true else { return false }
        let whole = name.lowercased()
        if extra.contains(whole) { return true }
        let words = Self.words(of: name)
        if words.contains(where: isSecret(word:)) { return true }
        guard words.count > 1, !extra.isEmpty else { return false }
        let joined = "_" + words.joined(separator: "_") + "_"
        return extra.contains { joined.contains("_" + Self.words(of: $0).joined(separator: "_") + "_") }
    }

    private func isSecret(word: String) -> Bool {
        if Self.words.contains(word) || extra.contains(word) { return true }
        let trimmed = word.hasSuffix("s") ? String(word.dropLast()) : word
        return Self.words.contains(trimmed) || Self.endings.contains { trimmed.hasSuffix($0) || word.hasSuffix($0) }
    }

    /// The name's words in lower case: split at everything that is no letter or digit, at a change to upper
    /// case (`apiKey`), and without digits at the end (`token2`).
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var wasLower = false
        for scalar in name.unicodeScalars {
            let isUpper = scalar.isASCII ? ("A"..."Z").contains(scalar) : scalar.properties.isUppercase
            let isLower = scalar.isASCII ? ("a"..."z").contains(scalar) : scalar.properties.isAlphabetic && !isUpper
            let isPart = isUpper || isLower || ("0"..."9").contains(scalar)
            if !isPart || (isUpper && wasLower), !word.isEmpty {
                words.append(finished(word))
                word = String.UnicodeScalarView()
            }
            if isUpper {
                word.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            } else if isPart {
                word.append(scalar)
            }
            wasLower = isPart && !isUpper
        }
        if !word.isEmpty { words.append(finished(word)) }
        return words
    }

    /// Without the digits at its end, unless it has nothing else.
    private static func finished(_ word: String.UnicodeScalarView) -> String {
        guard let last = word.lastIndex(where: { !("0"..."9").contains($0) }) else { return String(word) }
        return String(word[...last])
    }

    /// One pass over the bytes: a query without any of the words, and without escapes that could hide one,
    /// needs no closer look.
    private func mayHoldSecret(_ query: String) -> Bool {
        query.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.contains(UInt8(ascii: "%")) || bytes.contains(UInt8(ascii: "+")) || filter.mayOccur(in: bytes)
        } ?? true
    }

    /// Most names have no byte that needs decoding.
    private func isSecret(encodedName name: Substring.UTF8View) -> Bool {
        guard name.contains(UInt8(ascii: "%")) || name.contains(UInt8(ascii: "+")) else {
            return isSecret(name: String(Substring(name)))
        }
        var decoded: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let code = UInt8(String(Substring(digits)), radix: 16) {
                decoded.append(code)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return isSecret(name: String(decoding: decoded, as: UTF8.self))
    }
}
