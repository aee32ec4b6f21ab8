#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// BIND's key file, as `tsig-keygen` and `rndc-confgen` write it:
///
///     key "steward" {
///         algorithm hmac-sha256;
///         secret "c2VjcmV0";
///     };
///
/// with the comments of named.conf (`//`, `#`, `/* */`).
package enum TSIGKeyFile {
    /// Why a key file gives no key.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The file.
        package var file: String
        /// The line, from 1; nil where it is about the whole.
        package var line: Int?
        /// What is wrong and what to do, ending without a period.
        package var text: String

        /// `/etc/bind/steward.key:3: the secret is no base64`.
        package var description: String { file + (line.map { ":\($0)" } ?? "") + ": " + text }
    }

    /// The one key in `text`, or the one called `name` among several. `file` is what errors call it.
    package static func key(_ text: String, file: String, named name: DomainName? = nil) throws(Failure) -> TSIGKey {
        let keys = try keys(text, file: file)
        if let name {
            guard let key = keys.first(where: { $0.name == name }) else {
                throw Failure(file: file, text: "it has no key \(name), only \(list(keys))")
            }
            return key
        }
        guard let key = keys.first else {
            throw Failure(file: file, text: "it has no key; tsig-keygen writes one: key \"NAME\" { ... };")
        }
        guard keys.count == 1 else {
            throw Failure(
                file: file, text: "it has \(keys.count) keys (\(list(keys))); put the one to use in a file of its own")
        }
        return key
    }

    /// All keys in `text`, in its order.
    package static func keys(_ text: String, file: String) throws(Failure) -> [TSIGKey] {
        var reader = KeyFileReader(tokens: try KeyFileToken.all(text, file), file: file)
        var keys: [TSIGKey] = []
        while let key = try reader.key() {
            guard !keys.contains(where: { $0.name == key.name }) else {
                throw Failure(file: file, text: "it has key \(key.name) twice")
            }
            keys.append(key)
        }
        return keys
    }

    private static func list(_ keys: [TSIGKey]) -> String { keys.map(\.name.host).joined(separator: ", ") }
}

/// A word, a quoted string, or one of `{};`.
private struct KeyFileToken {
    var text: String
    var isQuoted: Bool
    var line: Int

    static func all(_ text: String, _ file: String) throws(TSIGKeyFile.Failure) -> [KeyFileToken] {
        var (tokens, line, rest): ([KeyFileToken], Int, Substring.UTF8View) = ([], 1, text[...].utf8)
        func take(_ count: Int) -> String {
            let taken = rest.prefix(count)
            line += taken.count { $0 == 10 }
            rest = rest.dropFirst(count)
            return String(decoding: taken, as: UTF8.self)
        }
        while let first = rest.first {
            switch first {
            case 9, 10, 13, 32: _ = take(1)
            case _ where first == UInt8(ascii: "#") || rest.starts(with: "//".utf8):
                _ = take(rest.prefix { $0 != 10 }.count)
            case _ where rest.starts(with: "/*".utf8):
                let begin = line
                _ = take(2)
                while !rest.isEmpty, !rest.starts(with: "*/".utf8) { _ = take(1) }
                guard !rest.isEmpty else { throw .init(file: file, line: begin, text: "a comment doesn't end") }
                _ = take(2)
            case UInt8(ascii: "\""):
                let begin = line
                _ = take(1)
                let string = take(rest.prefix { $0 != UInt8(ascii: "\"") }.count)
                guard !rest.isEmpty else { throw .init(file: file, line: begin, text: "a quoted string doesn't end") }
                _ = take(1)
                tokens.append(KeyFileToken(text: string, isQuoted: true, line: begin))
            case _ where "{};".utf8.contains(first):
                tokens.append(KeyFileToken(text: take(1), isQuoted: false, line: line))
            default:
                let word = take(rest.prefix { !" \t\r\n{};\"#".utf8.contains($0) }.count)
                tokens.append(KeyFileToken(text: word, isQuoted: false, line: line))
            }
        }
        return tokens
    }
}

/// Reads `key NAME { ... };` one after another.
private struct KeyFileReader {
    var tokens: [KeyFileToken]
    var file: String
    private var at = 0

    init(tokens: [KeyFileToken], file: String) {
        self.tokens = tokens
        self.file = file
    }

    mutating func key() throws(TSIGKeyFile.Failure) -> TSIGKey? {
        guard at < tokens.count else { return nil }
        let begin = try next("a key")
        guard begin.text == "key", !begin.isQuoted else {
            throw failure(begin.line, "'\(begin.text)' stands where 'key' should; this must be a file of keys only")
        }
        let title = try next("the key's name")
        guard let name = DomainName(title.text), name != .root else {
            throw failure(title.line, "'\(title.text)' is no name of a key")
        }
        try expect("{")
        var (algorithm, secret): (TSIGKey.Algorithm?, [UInt8]?)
        while true {
            let word = try next("'}'")
            switch word.text {
            case "algorithm" where !word.isQuoted: algorithm = try self.algorithm()
            case "secret" where !word.isQuoted: secret = try self.secret()
            case "}" where !word.isQuoted:
                try expect(";")
                guard let algorithm else { throw failure(title.line, "key \(name.host) has no algorithm") }
                guard let secret else { throw failure(title.line, "key \(name.host) has no secret") }
                return TSIGKey(name: name, algorithm: algorithm, secret: secret)
            default: throw failure(word.line, "'\(word.text)' is neither 'algorithm' nor 'secret'")
            }
        }
    }

    private mutating func algorithm() throws(TSIGKeyFile.Failure) -> TSIGKey.Algorithm {
        let word = try next("the algorithm")
        let name = word.text.lowercased()
        guard let algorithm = TSIGKey.Algorithm(rawValue: name.hasSuffix(".") ? String(name.dropLast()) : name) else {
            let known = TSIGKey.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure(
                word.line, "algorithm '\(word.text)' isn't one of \(known); tsig-keygen -a hmac-sha256 makes a new key")
        }
        try expect(";")
        return algorithm
    }

    private mutating func secret() throws(TSIGKeyFile.Failure) -> [UInt8] {
        let word = try next("the secret")
        // The secret itself is never told.
        guard let bytes = Data(base64Encoded: word.text.filter { !$0.isWhitespace }), !bytes.isEmpty else {
            throw failure(word.line, "the secret is no base64; copy it again or make a new key with tsig-keygen")
        }
        try expect(";")
        return Array(bytes)
    }

    private mutating func next(_ what: String) throws(TSIGKeyFile.Failure) -> KeyFileToken {
        guard at < tokens.count else { throw failure(tokens.last?.line ?? 1, "it ends where \(what) should be") }
        defer { at += 1 }
        return tokens[at]
    }

    private mutating func expect(_ sign: String) throws(TSIGKeyFile.Failure) {
        let token = try next("'\(sign)'")
        guard token.text == sign, !token.isQuoted else {
            throw failure(token.line, "'\(token.isQuoted ? "a string" : token.text)' stands where '\(sign)' should")
        }
    }

    private func failure(_ line: Int, _ text: String) -> TSIGKeyFile.Failure {
        TSIGKeyFile.Failure(file: file, line: line, text: text)
    }
}
