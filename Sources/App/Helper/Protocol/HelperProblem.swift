internal import Foundation
package import StewardCore

/// A problem on its way from the helper.
package struct HelperProblem: Codable, Hashable, Sendable {
    /// `Problem.code`.
    package var code: String
    /// `Problem.status`.
    package var status: Int
    /// `Problem.title`.
    package var title: String
    /// `Problem.detail`.
    package var detail: String?

    /// Of `problem`.
    package init(_ problem: Problem) {
        code = problem.code
        status = problem.status
        title = problem.title
        detail = problem.detail
    }

    /// Reads a problem's JSON.
    init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }

    /// The problem again; a status that no problem can have becomes 500.
    package var problem: Problem {
        Problem(code, status: (400...599).contains(status) ? status : 500, title: title, detail: detail)
    }

    /// As it goes over the wire.
    package var frame: HelperFrame {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return HelperFrame(.problem, Array((try? encoder.encode(self)) ?? Data()))
    }
}
