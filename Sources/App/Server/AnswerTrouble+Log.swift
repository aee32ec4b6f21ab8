import Logging
import StewardEdge

extension Logger {
    /// Answers that could not wait for their slow clients.
    func tell(_ trouble: AnswerTrouble) {
        switch trouble {
        case .gaveWay(let count):
            warning(
                """
                \(count) connection\(count == 1 ? "" : "s") closed that took large answers slowly: all answers that wait took more \
                than 'limits.answer_files'. Raise it if the disk has room, or bound callers ('limits' of a zone).
                """, metadata: ["event": "answers-gave-way"])
        case .notKept(let reason):
            warning(
                "\(reason). Answers that slow clients don't take wait in memory until it goes again.",
                metadata: ["event": "answers-not-kept"])
        }
    }
}
