internal import Foundation
package import StewardCore

/// One request to the helper. Every part is checked when it is read; a request that says too much is refused, too.
package struct HelperRequest: Hashable, Sendable {
    /// What is to be done.
    package var verb: HelperVerb
    /// For whom, as the server knows its callers: the audit log names it beside the user that the kernel proves.
    package var actor: String
    /// The id that finds the request in the server's log.
    package var trace: String?
    /// Seconds that an earlier answer may be old.
    package var maxAge: Int?
    /// A lineage's name.
    package var name: String?
    /// Lineages' names.
    package var names: [String]?
    /// A tree's path.
    package var tree: String?
    /// The text of a plan.
    package var plan: String?
    /// Whether certificates are revoked before their lineages go.
    package var revoke: Bool?
    /// Seconds.
    package var olderThan: Int?
    /// Seconds.
    package var wait: Int?
    /// `now` or `compromised`.
    package var request: String?

    /// A request for `verb` by `actor`.
    package init(_ verb: HelperVerb, actor: String) {
        self.verb = verb
        self.actor = actor
    }
}

extension HelperRequest: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case verb, actor, trace, name, names, tree, plan, revoke, wait, request
        case maxAge = "max_age"
        case olderThan = "older_than"
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        let all = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let unknown = all.sorted().first(where: { Key(rawValue: $0) == nil }) {
            throw Problem.helperRequest("'\(unknown)' is no part of a request.")
        }
        let container = try decoder.container(keyedBy: Key.self)
        let word = try container.decode(String.self, forKey: .verb)
        guard let verb = HelperVerb(rawValue: word) else { throw Problem.helperRequest("There is no verb '\(word)'.") }
        self.verb = verb
        actor = try container.decode(String.self, forKey: .actor)
        trace = try container.decodeIfPresent(String.self, forKey: .trace)
        maxAge = try container.decodeIfPresent(Int.self, forKey: .maxAge)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        names = try container.decodeIfPresent([String].self, forKey: .names)
        tree = try container.decodeIfPresent(String.self, forKey: .tree)
        plan = try container.decodeIfPresent(String.self, forKey: .plan)
        revoke = try container.decodeIfPresent(Bool.self, forKey: .revoke)
        olderThan = try container.decodeIfPresent(Int.self, forKey: .olderThan)
        wait = try container.decodeIfPresent(Int.self, forKey: .wait)
        request = try container.decodeIfPresent(String.self, forKey: .request)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(verb.rawValue, forKey: .verb)
        try container.encode(actor, forKey: .actor)
        try container.encodeIfPresent(trace, forKey: .trace)
        try container.encodeIfPresent(maxAge, forKey: .maxAge)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encodeIfPresent(names, forKey: .names)
        try container.encodeIfPresent(tree, forKey: .tree)
        try container.encodeIfPresent(plan, forKey: .plan)
        try container.encodeIfPresent(revoke, forKey: .revoke)
        try container.encodeIfPresent(olderThan, forKey: .olderThan)
        try container.encodeIfPresent(wait, forKey: .wait)
        try container.encodeIfPresent(request, forKey: .request)
    }

    /// Reads a request's JSON and checks all of it.
    /// - Throws: `Problem` with status 400.
    package init(json: [UInt8]) throws(Problem) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .helperRequest("The request is not the JSON that the protocol describes.")
        }
        try check()
    }

    /// As it goes over the wire.
    package var frame: HelperFrame {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return HelperFrame(.request, Array((try? encoder.encode(self)) ?? Data()))
    }
}

extension HelperRequest {
    private var given: Set<HelperParameter> {
        let parts: [(HelperParameter, Bool)] = [
            (.maxAge, maxAge != nil), (.name, name != nil), (.names, names != nil), (.tree, tree != nil),
            (.plan, plan != nil), (.revoke, revoke != nil), (.olderThan, olderThan != nil), (.wait, wait != nil),
            (.request, request != nil),
        ]
        return Set(parts.filter(\.1).map(\.0))
    }

    private func check() throws(Problem) {
        if let missing = verb.needs.subtracting(given).first {
            throw .helperRequest("\(verb.rawValue) needs '\(missing.rawValue)'.")
        }
        if let foreign = given.subtracting(verb.takes).map(\.rawValue).min() {
            throw .helperRequest("\(verb.rawValue) takes no '\(foreign)'.")
        }
        guard Self.isWord(actor, limit: 200) else { throw .helperRequest("'actor' must be 1 to 200 printable bytes.") }
        if let trace, !Self.isWord(trace, limit: 64) {
            throw .helperRequest("'trace' must be 1 to 64 printable bytes.")
        }
        for (label, number, range) in [
            ("max_age", maxAge, 0...86_400), ("older_than", olderThan, 0...3_153_600_000), ("wait", wait, 0...600),
        ] {
            if let number, !range.contains(number) {
                throw .helperRequest("'\(label)' is \(number); \(range.lowerBound) to \(range.upperBound) are taken.")
            }
        }
        for name in [name].compactMap({ $0 }) + (names ?? []) where !Self.isName(name) {
            throw .helperRequest("'\(name.prefix(80))' can't name a lineage.")
        }
        if let request, !["now", "compromised"].contains(request) {
            throw .helperRequest("'request' is 'now' or 'compromised'.")
        }
        if let tree, !Self.isPath(tree) { throw .helperRequest("'tree' must be an absolute path without '..'.") }
    }

    private static func isWord(_ text: String, limit: Int) -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy(\.isShown)
    }

    /// One path component: what a file can be called, without control characters.
    private static func isName(_ text: String) -> Bool {
        isWord(text, limit: 1024) && !text.contains("/") && text != "." && text != ".."
    }

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && isWord(text, limit: 4096)
            && !text.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    }
}

extension Unicode.Scalar {
    /// Whether it is no control, format or separator character.
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

extension Problem {
    /// A request that the protocol doesn't allow.
    static func helperRequest(_ detail: String) -> Problem {
        Problem("helper-request", status: 400, title: "The helper can't take this request", detail: detail)
    }
}
