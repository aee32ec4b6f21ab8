import Foundation
import NIOCore
import StewardAPI
import StewardCore
import StewardEdge
import StewardHelper
import StewardSettings

/// An HTTP request about certificates on its way to the helper.
struct CertificateQuestion: Sendable {
    /// What is asked for.
    let action: CertificateAction
    /// The query as it came.
    let query: String?
    /// The body, if one came.
    let body: RequestBody?
    /// The caller's name.
    let actor: String
    /// The request's trace id.
    let trace: String

    /// How old a look may be, in seconds, where the query doesn't say.
    private static let maxAge = 60
    /// How long the helper may take.
    private static let patience = Duration.seconds(600)

    /// The JSON of the answer.
    func answer(by client: HelperClient) async throws(Problem) -> [UInt8] {
        let request = try request()
        guard let name = wantedName else { return try await client.ask(request, within: Self.patience) }
        var list = try await client.ask(request, for: CertificateList.self, within: Self.patience)
        list = list.about(name, tree: value("tree"))
        guard !list.lineages.isEmpty || !list.quarantined.isEmpty else { throw .noLineage(name) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array((try? encoder.encode(list)) ?? Data())
    }

    /// What the helper is asked.
    func request() throws(Problem) -> HelperRequest {
        var request = HelperRequest(verb, actor: actor.isEmpty ? "anonymous" : actor)
        request.trace = trace
        switch action {
        case .list, .show: request.maxAge = try seconds("max_age", in: 0...86_400) ?? Self.maxAge
        case .plan: request.names = values("name").isEmpty ? nil : values("name")
        case .lock: request.wait = try seconds("wait", in: 0...600)
        case .quarantine: break
        case .prune:
            request.plan = try text()
            request.revoke = try flag("revoke")
        case .restore:
            let wish = try wish()
            guard let name = wish.name else {
                throw .badCertificateRequest("The body needs a name: {\"name\": \"old.example\"}.")
            }
            request.name = name
            request.tree = wish.tree
        case .purge:
            let wish = try wish()
            request.name = wish.name
            request.tree = wish.tree
            request.olderThan = try wish.olderThan.map(Self.age)
        }
        return request
    }

    private var verb: HelperVerb {
        switch action {
        case .list, .show: .survey
        case .plan: .plan
        case .prune: .prune
        case .quarantine: .quarantine
        case .restore: .restore
        case .purge: .purge
        case .lock: .lock
        }
    }

    private var wantedName: String? {
        switch action {
        case .show(let name): name
        case .list: value("name")
        default: nil
        }
    }
}

extension CertificateQuestion {
    private func values(_ name: String) -> [String] {
        (query ?? "").split(separator: "&").compactMap { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, halves[0] == name else { return nil }
            return String(halves[1]).replacingOccurrences(of: "+", with: " ").removingPercentEncoding
        }
    }

    private func value(_ name: String) -> String? { values(name).first }

    private func seconds(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .badCertificateRequest(
                "'\(name)' is a number of seconds from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// What the body of `restore` and `purge` says.
    private struct Wish: Decodable {
        var name: String?
        var tree: String?
        var olderThan: String?

        enum CodingKeys: String, CodingKey {
            case name, tree
            case olderThan = "older_than"
        }
    }

    private func wish() throws(Problem) -> Wish {
        let text = try text()
        guard let wish = try? JSONDecoder().decode(Wish.self, from: Data(text.utf8)) else {
            throw .badCertificateRequest(
                "The body is a JSON object such as {\"name\": \"old.example\"} or {\"older_than\": \"30d\"}.")
        }
        return wish
    }

    private static func age(_ text: String) throws(Problem) -> Int {
        do throws(ValueRefusal) {
            return Int(try ValueKind<Duration>.parse(text).components.seconds)
        } catch {
            throw .badCertificateRequest("'older_than': \(error.message).")
        }
    }

    private func flag(_ name: String) throws(Problem) -> Bool? {
        switch value(name) {
        case nil: nil
        case "true": true
        case "false": false
        default: throw .badCertificateRequest("'\(name)' is true or false.")
        }
    }

    private func text() throws(Problem) -> String {
        let bytes: [UInt8]
        switch body {
        case nil: throw .badCertificateRequest("A body is needed: the plan that GET /_platform/certificates/plan gave.")
        case .memory(let buffer): bytes = Array(buffer.readableBytesView)
        case .file(let path, _): bytes = (try? Data(contentsOf: URL(fileURLWithPath: path))).map(Array.init) ?? []
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .badCertificateRequest("The body is not UTF-8 text.")
        }
        return text
    }
}

extension CertificateList {
    /// What is about the lineages called `name`, of `tree` alone if it is given, with where it was looked.
    func about(_ name: String, tree: String?) -> CertificateList {
        var list = self
        list.lineages = lineages.filter { $0.name == name && (tree == nil || $0.tree == tree) }
        list.quarantined = quarantined.filter { $0.name == name && (tree == nil || $0.tree == tree) }
        list.orphans = []
        list.findings = []
        return list
    }
}

extension Problem {
    static func badCertificateRequest(_ detail: String) -> Problem {
        Problem("bad-request", status: 400, title: "The request can't be understood", detail: detail)
    }

    static func noLineage(_ name: String) -> Problem {
        Problem(
            "no-lineage", status: 404, title: "There is no such lineage",
            detail: "No tree has a lineage called '\(name)'; GET \(PlatformPath.certificates) lists them.")
    }
}
