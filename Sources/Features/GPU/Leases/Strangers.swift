/// Tells the processes on cards that no lease accounts for. One that has ended by the time /proc is read can't be told from
/// one that is not to be seen from here, so it counts only if two looks in a row show it.
struct Strangers {
    /// Of each card's last look what was in no table.
    private var unseen: [String: Set<Int32>] = [:]

    /// Of the processes `pids` on a card those that are strangers; `known` are those of its leases. Before a card's first
    /// look nothing of it is known, so there all count.
    mutating func among(
        _ pids: [Int32], on card: String, known: Set<Int32>, isThere: (Int32) -> Bool
    ) -> [Int32] {
        let foreign = pids.filter { !known.contains($0) }
        let missing = Set(foreign.filter { !isThere($0) })
        let before = unseen.updateValue(missing, forKey: card) ?? missing
        return foreign.filter { !missing.contains($0) || before.contains($0) }.sorted()
    }
}
