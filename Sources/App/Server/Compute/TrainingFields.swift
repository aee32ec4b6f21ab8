import Foundation
import StewardTraining

/// What users call the settings of a training or a sample.
package enum TrainingFields {
    /// As requests do: `top_k` for `topK`.
    package static func ofRequests(_ field: String) -> String {
        field == "checkpoints" ? "checkpoint" : spelled(field, "_")
    }

    /// As options of the command line: `--top-k`; those that are no options keep their names.
    package static func ofOptions(_ field: String) -> String {
        switch field {
        case "checkpoints": "--checkpoint"
        case "learningRate": "--rate"
        case "sampleLength": "--sample"
        case "model", "text", "weightDecay", "clip", "validationPart": field
        default: "--" + spelled(field, "-")
        }
    }

    private static func spelled(_ field: String, _ mark: Character) -> String {
        String(field.flatMap { $0.isUppercase ? [mark] + $0.lowercased() : [$0] })
    }
}

extension TrainingError {
    /// The same with settings called otherwise: the one that the message begins with, and those in backticks.
    package func calling(_ name: (String) -> String) -> TrainingError {
        var words = message.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        for index in stride(from: 1, to: words.count, by: 2) where words[index].allSatisfy(\.isLetter) {
            words[index] = name(words[index])
        }
        if let field, words[0].hasPrefix("\(field) ") { words[0] = name(field) + words[0].dropFirst(field.count) }
        let text = words.enumerated().map { $0 % 2 == 1 && !$1.hasPrefix("--") ? "`\($1)`" : $1 }
        return TrainingError(code, text.joined(), field: field.map(name))
    }
}
