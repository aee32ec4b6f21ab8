/// The order in which tickets have their turn: callers by what they used for each of their shares, counting one expected
/// job for each card that they hold or were just given; each caller's tickets as they came.
struct FairOrder: Sequence, IteratorProtocol {
    struct Line {
        var caller: String
        var tickets: [GPUTicket]
        var next = 0
        /// GPU-seconds for each share.
        var weight: Double
        var share: Double
    }

    private var lines: [Line]
    private let expected: Double
    private let cost: (GPURequest) -> Double

    /// The merged order of `lines`; a visited ticket costs its caller `cost` cards for the `expected` seconds.
    init(_ lines: [Line], expected: Double, cost: @escaping (GPURequest) -> Double) {
        self.lines = lines
        self.expected = expected
        self.cost = cost
    }

    mutating func next() -> GPUTicket? {
        var best: Int?
        for index in lines.indices where lines[index].next < lines[index].tickets.count {
            guard let current = best else {
                best = index
                continue
            }
            if isBefore(lines[index], lines[current]) { best = index }
        }
        guard let best else { return nil }
        let ticket = lines[best].tickets[lines[best].next]
        lines[best].next += 1
        lines[best].weight += cost(ticket.request) * expected / lines[best].share
        return ticket
    }

    private func isBefore(_ one: Line, _ other: Line) -> Bool {
        if one.weight != other.weight { return one.weight < other.weight }
        let (first, second) = (one.tickets[one.next], other.tickets[other.next])
        return (first.since, first.id) < (second.since, second.id)
    }
}
