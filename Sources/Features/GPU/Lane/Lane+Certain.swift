/// Requests for a certain card.
extension Lane {
    /// Why the card that is called `name` can't serve `request`; nil if it could.
    func impossibility(of request: GPURequest, on name: String) -> String? {
        guard request.count == 1 else {
            return "A certain GPU is one GPU; ask for \(request.count) without naming one."
        }
        guard let card = cards.first(where: { $0.card.isCalled(name) }) else {
            return "The lane has no \(word(for: name)). \(choice(except: nil))"
        }
        let word = "GPU \(card.card.number) (\(card.card.uuid))"
        if card.isLost { return "\(word) fell off the bus. \(choice(except: card.card.uuid))" }
        guard card.card.memory < request.memory ?? 0 else { return nil }
        return "\(GPUSize.text(request.memory ?? 0)) of memory are asked for and \(word) has "
            + "\(GPUSize.text(card.card.memory)). \(choice(except: card.card.uuid))"
    }

    /// `GPU 1` for the card that is called `name`.
    func word(for name: String) -> String {
        let number = cards.first { $0.card.isCalled(name) }.map(\.card.number) ?? name
        return number.first?.isNumber == true ? "GPU \(number)" : number
    }

    /// The cards that there are instead.
    private func choice(except uuid: String?) -> String {
        let others = cards.filter { !$0.isLost && $0.card.uuid != uuid }.map(\.card)
        guard !others.isEmpty else { return "It has no other; 'steward gpu' shows them." }
        let list = others.map { "GPU \($0.number) (\($0.uuid), \($0.name), \(GPUSize.text($0.memory)))" }
        return "It has \(list.joined(separator: ", "))."
    }
}
