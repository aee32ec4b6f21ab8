import Foundation

extension ScriptDescription {
    /// What a worker says of scripts, by their paths; nil if it is no such thing. A worker runs code of strangers: what can't
    /// be understood, or asks for what no machine has, makes calls of that script fail with a sentence, and of no other.
    static func read(_ json: Data) -> [String: ScriptDescription]? {
        (try? JSONDecoder().decode([String: Said].self, from: json))?.mapValues(\.description)
    }

    private struct Said: Decodable {
        var description: ScriptDescription

        init(from decoder: any Decoder) throws {
            do { description = try ScriptDescription(from: decoder) } catch {
                description = ScriptDescription(kind: "none", doc: nil)
                description.limitsError =
                    "What the script says of itself can't be understood; is a number too large in `timeout`, `gpu` or `limits`?"
            }
            guard let cards = description.gpu, !cards.isPossible else { return }
            description.gpu = nil
            description.gpuError = "`gpu` must be 0 to 64 cards, each with at most 1 PiB of memory"
        }
    }
}

extension CardDemand {
    /// The bounds that the settings have, too (`gpu`, `gpu_memory`): sums of such numbers are numbers.
    var isPossible: Bool { (0...64).contains(count) && (1...(1 << 50)).contains(memory ?? 1) }
}
