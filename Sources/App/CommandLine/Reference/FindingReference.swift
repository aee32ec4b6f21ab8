import StewardCertificates

/// The page about findings, from the code's own tables.
enum FindingReference {
    /// The page.
    static var markdown: String {
        """
        # Findings about certificates

        What `steward certs` and `/_platform/certificates` may report, by stable code. Each finding's text says where it is and \
        what to do. A *problem* hurts now, a *warning* will hurt some day, a *note* is worth knowing.

        This page is generated from the code.

        """ + section("Trees and lineages", FindingCatalogue.trees)
            + section("Servers", FindingCatalogue.servers) + section("Quarantine", FindingCatalogue.quarantine)
    }

    private static func section(_ title: String, _ entries: [FindingCatalogue.Entry]) -> String {
        let rows = entries.map { "| `\($0.code)` | \($0.severity.rawValue) | \($0.meaning) |\n" }.joined()
        return "\n## \(title)\n\n| code | severity | meaning |\n|---|---|---|\n" + rows
    }
}
