import Foundation
import StewardAccess

/// Looks at everything that a server with given settings needs, and changes nothing.
package enum ServerCheck {
    /// What was found, area by area.
    package static func findings(_ settings: ServerSettings) -> [CheckFinding] {
        let folders = Set(settings.zones.map(\.folder))
        let trees = settings.zones.map { ScriptTree(folder: $0.folder, excluded: folders) }
        let python = PythonCheck.look(
            share: settings.share, python: settings.python, scripts: trees.flatMap(\.scripts))
        return settingsSummary(settings)
            + python.findings
            + FolderCheck.zones(settings, trees: trees)
            + IsolationCheck.findings(settings)
            + GPUCheck.findings(settings, trees: trees, cards: python.cards)
            + FolderCheck.state(StateFolder(settings.state))
            + ListenCheck.findings(settings)
            + TLSCheck.findings(settings)
            + AccessCheck.findings(settings)
            + FolderCheck.log(settings)
            + CertificatesCheck.findings(settings.certificates)
            + DANECheck.findings(settings)
            + LimitsCheck.findings(settings, folders: trees.map(\.folderCount).reduce(0, +))
    }

    private static func settingsSummary(_ settings: ServerSettings) -> [CheckFinding] {
        let count = settings.zones.count
        let zones = settings.zones.map(\.prefix.text).joined(separator: ", ")
        return [
            CheckFinding(
                .ok, "settings", at: settings.file ?? "command line",
                "\(count) \(count == 1 ? "zone" : "zones"): \(zones).")
        ]
    }
}
