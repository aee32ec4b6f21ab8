import StewardAPI

/// What a change did, for people or programs.
enum CertificateChangeReport {
    /// Prints `change`.
    static func print(_ change: CertificateChange, json: Bool) throws {
        if json { return try Output.json(change) }
        for lineage in change.lineages {
            let place = lineage.place.map { "  \($0)" } ?? ""
            try Output.line(TextTable.printable("\(word(change.action)) \(lineage.name)\(place)"))
        }
        if change.lineages.isEmpty { Output.message("There was nothing to do.") }
        for note in change.notes { Output.message(TextTable.printable(note)) }
    }

    private static func word(_ action: String) -> String {
        switch action {
        case "prune": "quarantined"
        case "restore": "restored"
        default: "removed"
        }
    }
}
