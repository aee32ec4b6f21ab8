import Foundation
import StewardAPI
import StewardSettings

/// Reads a JSON request so that a mistake becomes a sentence.
package enum RequestReading {
    /// The request.
    /// - Throws: a `bad-request` that names the field and what it takes.
    static func read<Request: Decodable, Key: CodingKey & CaseIterable>(
        _ type: Request.Type, fields: Key.Type, from bytes: [UInt8]
    ) throws(ComputeExecution.ComputeProblemError) -> Request {
        do {
            let object = try JSONSerialization.jsonObject(with: Data(bytes))
            guard let fieldsGiven = object as? [String: Any] else { throw refusal("The body is a JSON object.") }
            let known = Key.allCases.map(\.stringValue)
            for name in fieldsGiven.keys.sorted() where !known.contains(name) {
                let hint =
                    Spelling.nearest(to: name, among: known).map { "did you mean `\($0)`?" }
                    ?? "there are \(known.sorted().joined(separator: ", "))."
                throw refusal("There is no field `\(name)`; \(hint)")
            }
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as ComputeExecution.ComputeProblemError {
            throw error
        } catch {
            throw refusal(sentence(error))
        }
    }

    static func refusal(_ detail: String) -> ComputeExecution.ComputeProblemError {
        .init(problem: ComputeEnding.problem("bad-request", detail))
    }

    /// What is wrong, from Foundation's error.
    static func sentence(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            return "`\(place(context.codingPath + [key]))` is missing."
        case DecodingError.typeMismatch(let type, let context):
            return "`\(place(context.codingPath))` must be \(word(type))."
        case DecodingError.valueNotFound(let type, let context):
            return "`\(place(context.codingPath))` must be \(word(type)), not null."
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "`\(place(context.codingPath))`: \(context.debugDescription)."
        default: return "The body is no JSON document."
        }
    }

    private static func word(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        default: "\(type)".hasPrefix("Array") ? "a list" : "another kind of value"
        }
    }
}
