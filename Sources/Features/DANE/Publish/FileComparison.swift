internal import StewardDNS

/// What a zone file says about the RRset that is to be changed, beside what is served.
struct FileComparison {
    let change: RRsetChange
    let file: ZoneFile
    let path: String

    private var written: Set<TLSA> { Set(file.tlsa(change.owner).map(\.data)) }
    private var wanted: Set<TLSA> { Set(change.wanted) }
    /// Served, and not in the file: it comes from an included file or a `$GENERATE`.
    private var elsewhere: Set<TLSA> { Set(change.present).subtracting(written) }
    private var hasMore: Bool { !file.includes.isEmpty || !file.generators.isEmpty }

    /// What is added to the file.
    var add: [TLSA] {
        wanted.subtracting(written).subtracting(hasMore ? elsewhere.subtracting(change.remove) : []).sorted()
    }

    /// What is taken out of it.
    var remove: [TLSA] { change.remove.filter { !wanted.contains($0) } }

    /// Whether the file already says what is wanted.
    var isDone: Bool {
        add.isEmpty && written.isDisjoint(with: remove) && file.tlsa(change.owner).allSatisfy { $0.ttl == change.ttl }
    }

    /// Refuses a file that holds neither what is served nor what is wanted.
    func check() throws(PublishFailure) {
        if hasMore, written.isSubset(of: Set(change.present).union(wanted)) {
            guard let one = elsewhere.intersection(remove).first else { return }
            let line = file.includes.first?.line ?? file.generators.first ?? 1
            throw PublishFailure(
                "zone-unreadable",
                "\(path):\(line): the record '\(one)' of \(change.owner) isn't in this file; it comes from what this line includes or generates. Move the TLSA records of \(change.owner) into \(path), or take this one away by hand."
            )
        }
        if written == wanted || written == Set(change.present) { return }
        let lines = file.tlsa(change.owner).map { "\(path):\($0.line)" }.joined(separator: ", ")
        throw PublishFailure(
            "conflict",
            "\(path) holds other TLSA records of \(change.owner) than are served: \(Array(written).inWords)\(lines.isEmpty ? "" : " (\(lines))") in the file, \(change.present.inWords) on the wire. Somebody edited it and hasn't loaded it: run 'rndc reload \(change.zone.host)' if it is right, or mend it.",
            isPassing: true)
    }
}
