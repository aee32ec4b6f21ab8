#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// From facts to verdicts; pure. What can't be known is `unknown`, and `unknown` is never taken away.
package enum Judge {
    /// The verdict on each lineage of `inventory`, given the signs of use in `report`, at the time `now`.
    package static func verdicts(
        inventory: Inventory, report: EvidenceReport, now: Date
    ) -> [Lineage.ID: Verdict] {
        let bench = Bench(inventory: inventory, report: report, now: now)
        var verdicts: [Lineage.ID: Verdict] = [:]
        for (index, lineage) in inventory.lineages.enumerated() {
            let verdict = bench.verdict(index)
            // Two lineages that show the same name can't be told apart by it: nothing may be done by that name.
            verdicts[lineage.id] = verdicts[lineage.id].map { Bench.merged($0, verdict) } ?? verdict
        }
        return verdicts
    }
}

/// Everything that the verdicts of one inventory have in common.
struct Bench {
    let lineages: [Lineage]
    let report: EvidenceReport
    let now: Date
    let uses: [Int: UseIndex.Use]
    let tangles: Entanglement
    let rivals: Rivals
    let names: [String: NameFacts.Resolution]
    let unread: UnreadIndex

    init(inventory: Inventory, report: EvidenceReport, now: Date) {
        let lineages = inventory.lineages
        let tangles = Entanglement(lineages, trees: inventory.trees)
        var uses = UseIndex(lineages).uses(report.evidence)
        for (index, partners) in tangles.partners {
            let shared = partners.flatMap { uses[$0]?.certain ?? [] }.filter(Self.isPath)
            var use = uses[index] ?? UseIndex.Use()
            use.certain += shared.filter { !use.certain.contains($0) }
            uses[index] = use
        }
        let used = Set(uses.filter { !$0.value.certain.isEmpty }.keys)
        let sound = Set(
            lineages.indices.filter { index in
                Soundness.fault(lineages[index]) == nil && (lineages[index].certificate?.notAfter ?? now) > now
            })
        self.lineages = lineages
        self.report = report
        self.now = now
        self.uses = uses
        self.tangles = tangles
        rivals = Rivals(lineages, used: used, sound: sound)
        names = Dictionary(report.names.map { ($0.name, $0.resolution) }, uniquingKeysWith: { one, _ in one })
        unread = UnreadIndex(inventory: inventory, report: report)
    }

    private static func isPath(_ evidence: Evidence) -> Bool {
        if case .path = evidence.target { true } else { false }
    }

    func verdict(_ index: Int) -> Verdict {
        let use = uses[index] ?? UseIndex.Use()
        if !use.certain.isEmpty { return used(index, use.certain) }
        let doubts = doubts(index, use)
        var verdict = unusedVerdict(index)
        verdict.reasons += nameReasons(index) + ageReasons(index)
        guard !doubts.isEmpty else {
            verdict.reasons.insert("Nothing found in \(Wording.count(report.looked.count, "place")) looked at.", at: 0)
            return verdict
        }
        verdict.reasons = doubts + verdict.reasons
        verdict.state = .unknown
        verdict.successor = nil
        return verdict
    }

    private func used(_ index: Int, _ evidence: [Evidence]) -> Verdict {
        let best = Self.distinct(evidence).enumerated().sorted {
            (Wording.rank($0.element.kind), $0.offset) < (Wording.rank($1.element.kind), $1.offset)
        }.map(\.element)
        var reasons = best.prefix(8).map(Wording.use)
        if best.count > 8 { reasons.append("And \(Wording.count(best.count - 8, "more sign")) of use.") }
        if let fault = Soundness.fault(lineages[index]) {
            reasons.append("In use although something is wrong: \(fault).")
        }
        return Verdict(.used, usedBy: best, reasons: reasons + expiryReasons(index) + nameReasons(index))
    }

    /// One sign for each place: a line that was understood is found again by the net for mere mentions, and one
    /// directive can lead to a lineage by several paths.
    private static func distinct(_ evidence: [Evidence]) -> [Evidence] {
        var found: [Evidence] = []
        var indices: [String: Int] = [:]
        for sign in evidence {
            let key = "\(sign.kind.rawValue) \(sign.place)"
            if let index = indices[key] {
                if found[index].detail == EvidenceCollector.mention { found[index] = sign }
            } else {
                indices[key] = found.count
                found.append(sign)
            }
        }
        return found
    }

    /// Why it can't be said that nothing uses it; empty if it can.
    private func doubts(_ index: Int, _ use: UseIndex.Use) -> [String] {
        var doubts: [String] = []
        if report.looked.isEmpty { doubts.append("No place was looked at for signs of use.") }
        let partners = tangles.partners[index] ?? []
        if !partners.isEmpty {
            doubts.append(
                "It shares files with \(Wording.list(partners.map { lineages[$0].name })): taking one away could hurt "
                    + "the other. Correct archive_dir and the paths in their confs and the symlinks in live first.")
        }
        doubts += use.possible.map(Wording.possibleUse)
        let places = unread.places(for: lineages[index])
        doubts += places.prefix(6).map(Wording.unread)
        if places.count > 6 { doubts.append("And \(Wording.count(places.count - 6, "more place")) could not be read.") }
        return doubts
    }

    private func unusedVerdict(_ index: Int) -> Verdict {
        let lineage = lineages[index]
        if let fault = Soundness.fault(lineage) {
            return Verdict(.broken, reasons: ["Broken: \(fault)."] + expiryReasons(index))
        }
        if let twin = rivals.twin(of: index) {
            return Verdict(
                .duplicate, successor: twin, reasons: ["\(twin) has exactly the same names."] + expiryReasons(index))
        }
        if let heir = rivals.heir(of: index) {
            return Verdict(
                .superseded, successor: heir,
                reasons: ["\(heir) holds longer and covers every name of it."] + expiryReasons(index))
        }
        return Verdict(isExpired(lineage) ? .expired : .unused, reasons: expiryReasons(index))
    }

    private func isExpired(_ lineage: Lineage) -> Bool { lineage.certificate.map { $0.notAfter <= now } ?? false }

    static func merged(_ one: Verdict, _ other: Verdict) -> Verdict {
        if one.state == .used { return one }
        if other.state == .used { return other }
        return Verdict(
            .unknown, reasons: ["Another lineage shows the same name: rename one of the two."] + one.reasons)
    }
}
