/// What a script or job asks of the lane: whole cards for itself, or a part of one card's memory.
package struct GPURequest: Hashable, Sendable, Codable {
    /// How many cards, each held by nobody else (unless `shareable`).
    package var count: Int
    /// Bytes that each card must have in all (`gpu: 1`) or that are reserved on one card (`shareable`).
    package var memory: Int?
    /// Whether others may be on the card too, as long as the reserved memory fits: over-commit only when asked for.
    package var shareable: Bool
    /// The card that it has to be, by uuid or number; nil: any.
    package var card: String?

    /// A request.
    package init(count: Int = 1, memory: Int? = nil, shareable: Bool = false, card: String? = nil) {
        self.count = count
        self.memory = memory
        self.shareable = shareable
        self.card = card
    }

    /// Whether `card` may serve it, whatever its memory: the one that is named, if one is. Several are whole cards, since a
    /// program can't use more than one instance (NVIDIA Multi-Instance GPU User Guide, "CUDA Device Enumeration").
    func accepts(_ card: GPUCard) -> Bool {
        (count == 1 || card.part == nil) && (self.card.map(card.isCalled) ?? true)
    }
}

extension GPURequest: CustomStringConvertible {
    /// `2 GPUs with 40 GiB each`, `20 GiB of a GPU`, `GPU 1`, `GPU-8f3a... with 40 GiB`.
    package var description: String {
        let size = memory.map { GPUSize.text($0) }
        let certain = card.map { Int($0) == nil ? $0 : "GPU \($0)" }
        if shareable { return "\(size ?? "a share") of \(certain ?? "a GPU")" }
        let cards = certain ?? (count == 1 ? "1 GPU" : "\(count) GPUs")
        guard let size else { return cards }
        return "\(cards) with \(size)\(count == 1 ? "" : " each")"
    }
}

/// Sizes of memory in words.
package enum GPUSize {
    /// `80 GiB`, `512 MiB`, `1000 B`; rounded down to what is shown.
    package static func text(_ bytes: Int) -> String {
        if bytes >= 1 << 30 {
            let tenths = bytes / (1 << 20) * 10 / 1024
            return tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10) GiB" : "\(tenths / 10).\(tenths % 10) GiB"
        }
        return bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes) B"
    }
}
