import Glibc

/// A set of renames that all happen or none: intent, renames, outcome.
struct Transaction {
    let tree: TreeFolder
    let journal: Journal

    /// Carries `intent` out. Where anything fails, everything is put back and the error says why.
    /// - Parameter finish: What else belongs to it once everything has moved.
    func run(_ intent: JournalRecord, finish: () throws(CallFailure) -> Void = {}) throws(RemovalError) {
        try journal.append(intent)
        do throws(RemovalError) {
            do throws(CallFailure) {
                for move in intent.moves { try step(move) }
                try sync(intent)
                try finish()
            } catch {
                throw RemovalError(error, "The \(intent.act.rawValue) failed and was undone")
            }
            let times = try within("The \(intent.act.rawValue) failed and was undone") {
                () throws(CallFailure) in try StewardCertificates.times(of: tree)
            }
            try journal.append(intent.outcome(.done, times: times))
        } catch {
            var error = error
            error.sentences += undoing(intent)
            throw error
        }
    }

    /// Puts everything back after a failure; what could not be, in sentences.
    private func undoing(_ intent: JournalRecord) -> [String] {
        do throws(CallFailure) {
            let conflicts = try undo(intent)
            // Where this can't be written either, the next start finds everything back already.
            try? journal.tidyAndAppend(intent.outcome(.undone))
            return conflicts
        } catch {
            return ["Putting it back failed as well: \(error). The next Steward command that writes goes on with it."]
        }
    }

    private func step(_ move: JournalRecord.Move) throws(CallFailure) {
        try tree.move(move.from, to: move.to)
        guard try tree.status(move.to)?.st_ino == ino_t(move.inode) else {
            throw CallFailure("recognise", tree.shown(move.from), ESTALE)
        }
    }

    /// Makes the renames of `intent` durable: where things went first, then where they left.
    private func sync(_ intent: JournalRecord) throws(CallFailure) {
        let folders = [intent.moves.map(\.to.parent), intent.moves.map(\.from.parent)].map { Set($0).sorted() }
        for folder in folders.joined() where try tree.status(folder) != nil { try tree.sync(folder) }
    }

    /// Takes back what was done of `intent`, item by item. An item that can't go back because something new is in its
    /// place is moved on instead, so that it is whole on one side.
    /// - Returns: What could not be put right, in sentences.
    func undo(_ intent: JournalRecord) throws(CallFailure) -> [String] {
        var sentences: [String] = []
        for item in intent.items {
            let moves = intent.moves.filter { $0.item == item }
            if let taken = try blocked(moves) {
                sentences.append(
                    "\(item) could not be put back: something new is at \(tree.shown(taken)). "
                        + "All of it is in quarantine; restore it once that place is free.")
                for move in moves where try isAt(move.from, move) { try tree.move(move.from, to: move.to) }
            } else {
                for move in moves.reversed() where try isAt(move.to, move) { try tree.move(move.to, to: move.from) }
            }
        }
        try sync(intent)
        if sentences.isEmpty { try set(intent.times) }
        return sentences
    }

    /// The place that keeps one of `moves` from going back.
    private func blocked(_ moves: [JournalRecord.Move]) throws(CallFailure) -> TreePath? {
        for move in moves where try isAt(move.to, move) {
            if try tree.status(move.from) != nil { return move.from }
        }
        return nil
    }

    private func isAt(_ path: TreePath, _ move: JournalRecord.Move) throws(CallFailure) -> Bool {
        try tree.status(path)?.st_ino == ino_t(move.inode)
    }

    /// Sets the folders' modification times, those that are there, and makes that durable.
    func set(_ times: [JournalRecord.Time]) throws(CallFailure) {
        for time in times where try tree.status(TreePath(time.folder)) != nil {
            try tree.setTime(TreePath(time.folder), time.time)
            try tree.sync(TreePath(time.folder))
        }
    }
}

/// The modification times of the folders that hold lineages.
func times(of tree: TreeFolder) throws(CallFailure) -> [JournalRecord.Time] {
    var times: [JournalRecord.Time] = []
    for name in TreeLayout.folders {
        guard let status = try tree.status(TreePath(name)) else { continue }
        times.append(JournalRecord.Time(folder: name, time: FileTime(status.st_mtim)))
    }
    return times
}
