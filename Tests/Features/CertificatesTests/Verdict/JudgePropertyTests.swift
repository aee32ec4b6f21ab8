import StewardCertificates
import Testing

/// Numbers that are the same at each run (SplitMix64).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// A forest of lineages that share names, archives and keys, with signs of use and unread places.
private struct Forest {
    var lineages: [Lineage] = []
    var inventoryUnread: [UnreadPlace] = []
    var report = Facts.report()
    var numbers: Numbers

    init(seed: UInt64) {
        numbers = Numbers(state: seed)
        for index in 0..<Int.random(in: 1...7, using: &numbers) { lineages.append(lineage(index)) }
        for _ in 0..<Int.random(in: 0...3, using: &numbers) { report.evidence.append(evidence()) }
        if Bool.random(using: &numbers) && Bool.random(using: &numbers) { report.unread.append(unread()) }
    }

    private mutating func lineage(_ index: Int) -> Lineage {
        let names = ["x", "y", "*.z", "q.z"].shuffled(using: &numbers).prefix(Int.random(in: 1...3, using: &numbers))
        var lineage = Facts.lineage(
            "l\(index)", names: Array(names), ends: Double.random(in: -50...90, using: &numbers),
            seed: Int.random(in: 0...12, using: &numbers), tree: ["/t", "/u"].randomElement(using: &numbers)!)
        switch Int.random(in: 0...9, using: &numbers) {
        case 0: lineage.renewal = nil
        case 1: lineage.version = nil
        case 2: lineage.certificate = nil
        case 3: lineage.renewal?.archiveFolder = "\(lineage.tree)/archive/l\(Int.random(in: 0...6, using: &numbers))"
        case 4: lineage.folders.append("\(lineage.tree)/archive/l\(Int.random(in: 0...6, using: &numbers))")
        case 5: lineage.renewal?.archiveFolder = "\(lineage.tree)/archive"
        default: break
        }
        return lineage
    }

    mutating func evidence() -> Evidence {
        let kind = Evidence.Kind.allCases.randomElement(using: &numbers)!
        let index = Int.random(in: 0...6, using: &numbers)
        let tree = ["/t", "/u"].randomElement(using: &numbers)!
        let target: Evidence.Target =
            switch Int.random(in: 0...6, using: &numbers) {
            case 0: .path("\(tree)/live/l\(index)/cert.pem")
            case 1: .path("\(tree)/archive/l\(index)")
            case 2: .path("\(tree)/live")
            case 3: .path(tree)
            case 4: .fingerprint(Facts.print(index))
            case 5: .spki(Facts.print(index + 1000))
            default: .lineage("l\(index)")
            }
        return Evidence(kind, at: Place("p\(index)"), target: target)
    }

    mutating func unread() -> UnreadPlace {
        let places = ["/etc/nginx", "/t", "/t/live/l0", "/t/archive/l3/privkey1.pem", "/u/renewal", "docker", "/"]
        return UnreadPlace(places.randomElement(using: &numbers)!, reason: "no")
    }

    /// Which lineages a plan might take.
    var prunable: Set<Lineage.ID> {
        let inventory = Facts.inventory(lineages, unread: inventoryUnread)
        return Set(
            Judge.verdicts(inventory: inventory, report: report, now: Facts.now)
                .filter { $0.value.state.isPrunable }.keys)
    }
}

@Suite struct JudgePropertyTests {
    @Test(arguments: 0..<40) func moreEvidenceNeverMakesALineagePrunable(block: Int) {
        for seed in 0..<50 {
            var forest = Forest(seed: UInt64(block * 50 + seed))
            let before = forest.prunable
            forest.report.evidence.append(forest.evidence())
            #expect(forest.prunable.isSubset(of: before), "seed \(block * 50 + seed): \(forest)")
        }
    }

    @Test(arguments: 0..<40) func anUnreadPlaceNeverMakesALineagePrunable(block: Int) {
        for seed in 0..<50 {
            var forest = Forest(seed: UInt64(1_000_000 + block * 50 + seed))
            let before = forest.prunable
            if Bool.random(using: &forest.numbers) {
                forest.report.unread.append(forest.unread())
            } else {
                forest.inventoryUnread.append(forest.unread())
            }
            #expect(forest.prunable.isSubset(of: before), "seed \(block * 50 + seed): \(forest)")
        }
    }

    @Test func theForestsAreNotAllAlike() {
        let prunable = (0..<500).map { Forest(seed: UInt64($0)).prunable.count }
        #expect(prunable.contains(0) && prunable.contains { $0 > 2 })
    }

    @Test func aTwinNeverGoesTogetherWithTheLastSoundOne() {
        for seed in 0..<2000 {
            let forest = Forest(seed: UInt64(5_000_000 + seed))
            let verdicts = Judge.verdicts(
                inventory: Facts.inventory(forest.lineages), report: forest.report, now: Facts.now)
            for (id, verdict) in verdicts {
                guard let successor = verdict.successor else { continue }
                let other = verdicts[Lineage.ID(tree: id.tree, name: successor)]
                #expect(other?.successor != id.name, "each is the other's successor: \(forest)")
                #expect(other?.state != .broken && other?.state != .expired)
            }
        }
    }
}
