import Glibc

/// Reads a quarantine without changing anything.
struct QuarantineReader {
    let tree: TreeFolder

    func contents() throws(CallFailure) -> (items: [Quarantined], findings: [Finding]) {
        var findings: [Finding] = []
        var records: [JournalRecord] = []
        do throws(RemovalError) {
            let content = try Journal(tree).read()
            records = content.records
        } catch {
            findings.append(Finding("journal-damaged", .problem, error.description, path: path))
        }
        let interrupted = records.interrupted
        let hidden = Set(interrupted.filter { $0.act != .restore }.flatMap(\.items))
        let names = try tree.names(Quarantine.folder).map { String(decoding: $0, as: UTF8.self) }
        let leftovers = names.contains { $0.hasPrefix(QuarantineSession.deleting) }
        if (!interrupted.isEmpty || leftovers) && isFree() { findings.append(recoveryIsDue(interrupted)) }
        var items: [Quarantined] = []
        for name in names where !hidden.contains(name) && !name.hasPrefix("journal") {
            let folder = Quarantine.folder.appending(Array(name.utf8))
            guard !name.hasPrefix(QuarantineSession.deleting), try holdsSomething(folder) else { continue }
            let path = folder.appending(Array(Quarantined.manifest.utf8))
            let manifest = try tree.read(path, limit: 1 << 26) ?? []
            do throws(RemovalError) {
                var item = try JSONText.decode(Quarantined.self, from: manifest, path: tree.shown(path))
                item.id = name
                items.append(item)
            } catch {
                findings.append(
                    Finding(
                        "quarantine-damaged", .problem,
                        "\(error) The files are beside it: put them back by hand, to renewal, live and archive.",
                        path: tree.shown(folder)))
            }
        }
        return (items, findings)
    }

    private var path: String { tree.shown(Quarantine.folder) }

    private func recoveryIsDue(_ interrupted: [JournalRecord]) -> Finding {
        let acts = Set(interrupted.map(\.act.rawValue)).sorted().joined(separator: ", ")
        return Finding(
            "recovery-due", .warning,
            "An earlier \(acts.isEmpty ? "purge" : acts) in \(tree.path) was interrupted. The next command that writes "
                + "puts it right first; `steward certs purge` with nothing to purge does as well.", path: path)
    }

    /// Whether no Steward is at work here.
    private func isFree() -> Bool {
        guard let folder = try? tree.open(Quarantine.folder, O_RDONLY | O_DIRECTORY) else { return false }
        defer { close(folder) }
        return flock(folder, LOCK_SH | LOCK_NB) == 0
    }

    /// Whether any file of a lineage is in the item's folder.
    func holdsSomething(_ folder: TreePath) throws(CallFailure) -> Bool {
        for place in Quarantined.places where try tree.status(folder.appending(Array(place.utf8))) != nil {
            return true
        }
        return false
    }
}
