extension Surveyor {
    /// The trees that the settings name, or those that are found.
    package func trees() -> (trees: [CertbotTree], findings: [Finding], unread: [UnreadPlace]) {
        guard settings.trees.isEmpty else {
            return (settings.trees.map { CertbotTree(path: $0, ownPath: root.inside($0)) }, [], [])
        }
        let standard = "/etc/letsencrypt"
        return ([CertbotTree(path: root.outside(standard), origin: .standard, ownPath: standard)], [], [])
    }

    /// Every sign of use that can be found.
    func evidence(_ inventory: Inventory) async -> EvidenceReport {
        EvidenceReader(
            root: root,
            settings: EvidenceSettings(
                extra: settings.evidence.extra, configurations: settings.evidence.configurationsByKind,
                asksServers: root.isSystem),
            inventory: inventory
        ).read()
    }
}
