#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    package import Foundation
#endif

/// Looks at everything there is to know about certificates: trees, what is in them, what uses it, what was taken away.
/// Command line, helper and server all come here.
package struct Surveyor: Sendable {
    /// What one look gave, before it is judged.
    package struct Look: Sendable {
        /// What verdicts and plans rest on.
        package var basis: Basis
        /// What is in quarantine, tree by tree.
        package var quarantined: [(tree: CertbotTree, item: Quarantined)]
        /// The signs of use of what is in quarantine, by item.
        package var quarantineUses: [String: [Evidence]]
    }

    /// Where to look.
    package let settings: CertificatesSettings
    /// The root that absolute paths count from; `/` unless a container's or a test's root is meant.
    package let root: ConfigurationRoot

    /// A surveyor under `settings`. Ports are this machine's: under another root they are left alone.
    package init(settings: CertificatesSettings) {
        root = ConfigurationRoot(settings.configRoot)
        var settings = settings
        settings.probe.enabled = settings.probe.enabled && root.isSystem
        self.settings = settings
    }

    /// Looks at everything and judges it.
    package func survey() async -> Survey {
        let look = await look()
        let (inventory, report) = (look.basis.inventory, look.basis.report)
        let verdicts = Judge.verdicts(inventory: inventory, report: report, now: look.basis.at)
        return Survey(
            at: look.basis.at, trees: inventory.trees,
            items: inventory.lineages.map { Survey.Item($0, verdicts[$0.id] ?? Verdict(.unknown)) },
            orphans: inventory.orphans, unread: inventory.unread + report.unread,
            findings: inventory.findings + report.findings, looked: report.looked,
            quarantined: look.quarantined.map { tree, item in
                Survey.Taken(item, in: tree, usedBy: look.quarantineUses[item.id] ?? [])
            })
    }

    /// Looks at everything.
    package func look() async -> Look {
        let now = Date()
        let found = find()
        var inventory = InventoryReader().read(found.trees, now: now)
        inventory.unread += found.unread
        noteRenewals(in: &inventory)
        let (items, findings) = quarantine(found.trees)
        // Without anything that could be in use there is nothing to look for.
        let isNeeded = !inventory.lineages.isEmpty || !items.isEmpty
        var report = isNeeded ? await evidence(inventory, docker: found.docker) : EvidenceReport()
        inventory.findings += findings
        let uses = QuarantineAlarm.uses(items.map(\.item), report: report)
        report.findings += QuarantineAlarm.findings(
            items.map(\.item), report: report, lineages: inventory.lineages)
        return Look(
            basis: Basis(inventory: inventory, report: report, at: now), quarantined: items, quarantineUses: uses)
    }

    /// Adds which renewals fail, by certbot's logs.
    private func noteRenewals(in inventory: inout Inventory) {
        let reading = RenewalLogReader(folder: root.outside(settings.logs)).read()
        inventory.note(reading.log)
        inventory.unread += reading.unread.map { place in
            var place = place
            place.mayHoldUse = false
            return place
        }
    }

    /// What is in the quarantines of `trees`, the oldest first in each, and what is wrong there.
    package func quarantine(
        _ trees: [CertbotTree]
    ) -> (items: [(tree: CertbotTree, item: Quarantined)], findings: [Finding]) {
        var items: [(tree: CertbotTree, item: Quarantined)] = []
        var findings: [Finding] = []
        for tree in trees {
            do throws(RemovalError) {
                let contents = try Quarantine(tree: tree).contents()
                items += contents.items.map { (tree, $0) }
                findings += contents.findings
            } catch {
                findings.append(
                    Finding(
                        "quarantine-unread", .problem, error.sentences.joined(separator: " "),
                        path: "\(tree.path)/\(Quarantine.folderName)"))
            }
        }
        return (items, findings)
    }
}
