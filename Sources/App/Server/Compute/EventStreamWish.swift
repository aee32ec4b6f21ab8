/// Whether a client takes server-sent events, by its Accept field (RFC 9110, section 12.5.1).
enum EventStreamWish {
    /// The most specific range that covers `text/event-stream` decides; without a field everything is taken.
    static func isMet(by fields: [String]) -> Bool {
        guard fields.contains(where: { !$0.allSatisfy { $0 == " " || $0 == "," } }) else { return true }
        var found: (rank: Int, isTaken: Bool)?
        for range in fields.joined(separator: ",").split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let rank = parts.first.flatMap({ ranges.firstIndex(of: $0) }), rank >= found?.rank ?? 0 else {
                continue
            }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            found = (rank, quality ?? 1 > 0)
        }
        return found?.isTaken ?? false
    }

    private static let ranges = ["*/*", "text/*", "text/event-stream"]
}
