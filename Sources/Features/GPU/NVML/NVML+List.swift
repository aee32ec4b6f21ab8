/// The list of cards.
extension NVML {
    /// What reading the list left open.
    struct Listing {
        /// Whether it could be read at all.
        var isRead = false
        /// Numbers of cards that are listed and don't answer: TIMEOUT, UNKNOWN.
        var silent: Set<Int> = []
        /// Whether a card is listed as lost without telling which.
        var hasNameless = false

        var isComplete: Bool { isRead && silent.isEmpty }
        var hasGaps: Bool { !isComplete || hasNameless }
    }

    private enum Answer {
        case card(Known)
        case lost
        case silent
        /// Not for this user, but counted (nvml.h, nvmlDeviceGetCount_v2).
        case closed
    }

    /// Reads the list of cards. Those known before and no longer listed, or listed as lost, are lost. One that just doesn't
    /// answer stays as it was: its job may be well.
    func list() {
        var count: UInt32 = 0
        listing = Listing()
        guard library.count(&count) == 0 else { return }
        listing.isRead = true
        var found: [Known] = []
        for index in 0..<count {
            switch describe(index) {
            case .card(let card): found.append(takeUp(card))
            case .lost: listing.hasNameless = true
            case .silent: listing.silent.insert(Int(index))
            case .closed: break
            }
        }
        let wholes = known.filter { $0.card.part == nil }
        for old in wholes where !found.contains(where: { $0.card.uuid == old.card.uuid }) {
            // Where cards went, the numbers of the others are no longer what they were.
            let isSilent = !listing.silent.isEmpty && wholes.count != Int(count)
            if isSilent || listing.silent.contains(old.card.index) {
                found.append(old)
            } else {
                let loss = old.loss ?? "it is no longer listed"
                found.append(Known(card: old.card, device: nil, loss: loss, isParted: false))
            }
        }
        let working = Set(found.filter { $0.loss == nil }.map(\.card.uuid))
        known = found + known.filter { $0.card.part.map { working.contains($0.card) } ?? false }
        listParts()
    }

    /// The card with what was known of it before. A loss stays until the library is started anew, which takes its handle.
    private func takeUp(_ card: Known) -> Known {
        guard let old = known.first(where: { $0.card.uuid == card.card.uuid }) else { return card }
        var card = card
        if old.device != nil { card.loss = old.loss }
        if old.loss == nil { (card.isParted, card.knowsParts) = (old.isParted, old.knowsParts) }
        return card
    }

    private func describe(_ index: UInt32) -> Answer {
        var handle: NVMLLibrary.Device?
        let code = NVMLCode(rawValue: library.handle(index, &handle))
        if code == .noPermission { return .closed }
        guard code == .success, let device = handle else { return code.isLoss ? .lost : .silent }
        var memory = NVMLLibrary.Memory()
        let answer = NVMLCode(rawValue: library.memory(device, &memory))
        guard answer == .success else { return answer.isLoss ? .lost : .silent }
        guard let uuid = text(96, { library.uuid(device, $0, $1) }) else { return .silent }
        let card = GPUCard(
            uuid: uuid, index: Int(index), name: text(96) { library.name(device, $0, $1) } ?? "NVIDIA GPU",
            memory: Int(clamping: memory.total), minor: number { library.minor?(device, $0) ?? 13 } ?? Int(index))
        return .card(Known(card: card, device: device))
    }
}
