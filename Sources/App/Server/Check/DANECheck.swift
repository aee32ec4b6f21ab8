import StewardCertificates
import StewardDANE

/// Whether the section `dane` can do what it says. What only root can see is left to the helper.
enum DANECheck {
    /// The findings; none where nothing is set.
    static func findings(_ settings: ServerSettings) -> [CheckFinding] {
        let dane = settings.dane
        guard dane.isSet else { return [] }
        guard !dane.deployments.isEmpty else {
            return [
                CheckFinding(
                    .warning, "dane", at: "dane.deployments", "No deployment is set up, so nothing is kept true.",
                    remedy: "Add one (docs/guides/dane.md), or remove the section 'dane'.")
            ]
        }
        return setup(dane, state: settings.state) + helper(settings.certificates.helper.socket)
            + dane.zones.flatMap(zone) + dane.deployments.flatMap(deployment) + folder(dane) + hooks(dane)
    }

    /// What the settings say that can't be used.
    private static func setup(_ dane: DANESettings, state: String) -> [CheckFinding] {
        do throws(DANESetupError) {
            let loop = try RolloverLoop(settings: dane, stateFolder: state)
            let services = loop.deployments.flatMap(\.policy.services)
            return [
                CheckFinding(
                    .ok, "dane",
                    "\(services.count) services of \(loop.deployments.count) deployments: \(services.map(\.description).joined(separator: ", "))."
                )
            ]
        } catch {
            return error.problems.map { CheckFinding(.error, "dane", at: $0.field, $0.text) }
        }
    }

    private static func helper(_ socket: String) -> [CheckFinding] {
        guard !UnixSocket.accepts(socket) else { return [] }
        return [
            CheckFinding(
                .warning, "dane", at: socket,
                "No helper listens: nobody carries the rollovers out, and the server can't show them.",
                remedy: "Run 'steward helper' as root (deploy/systemd/steward-helper.service), or 'steward dane run'.")
        ]
    }

    /// How a zone is changed, and with what.
    private static func zone(_ zone: DANESettings.Zone) -> [CheckFinding] {
        if let server = zone.update.server {
            let key = zone.update.key.map { secret($0, what: "The TSIG key") } ?? []
            return [CheckFinding(.ok, "dane", at: zone.name, "It is changed by dynamic update at \(server).")] + key
        }
        if let path = zone.file.path {
            return [CheckFinding(.ok, "dane", at: zone.name, "It is changed in its file \(path).")]
                + present(path, what: "The zone file", remedy: "Correct 'file.path' of the zone \(zone.name).")
                + program(zone.file.rndc, setting: "file.rndc")
                + program(zone.file.checkzone, setting: "file.checkzone")
        }
        return [CheckFinding(.ok, "dane", at: zone.name, "It is changed by \(zone.program.joined(separator: " ")).")]
            + program(zone.program, setting: "program")
    }

    private static func deployment(_ deployment: DANESettings.Deployment) -> [CheckFinding] {
        let conf = "\(deployment.tree)/renewal/\(deployment.lineage).conf"
        var findings = present(
            conf, what: "The lineage's renewal conf", remedy: "Correct 'lineage' or 'tree'; 'steward certs' lists them."
        )
        findings += secret(deployment.file, what: "The deployed file", mayBeMissing: true)
        if deployment.reload.isEmpty {
            findings.append(
                CheckFinding(
                    .warning, "dane", at: deployment.lineage,
                    "Nothing is reloaded after its file was replaced: the services would go on serving the old key.",
                    remedy: "Set 'reload', for example 'reload: [postfix, dovecot]'."))
        }
        for text in deployment.reload {
            findings += program(Reload(text: text)?.words ?? [text], setting: "reload")
        }
        return findings + (deployment.mode == .next ? program(deployment.certbot, setting: "certbot") : [])
    }

    private static func folder(_ dane: DANESettings) -> [CheckFinding] {
        dane.folder.map { secret($0, what: "The folder of journals and staged keys", mayBeMissing: true) } ?? []
    }

    private static func hooks(_ dane: DANESettings) -> [CheckFinding] {
        Set(dane.deployments.map(\.tree)).sorted().compactMap { tree in
            let hook = CertbotHook(tree: tree, daneFolder: dane.folder ?? "")
            guard case .absent = hook.state() else { return nil }
            return CheckFinding(
                .note, "dane", at: tree,
                "certbot's deploy hook is not installed: renewals are found only every 'dane.interval'.",
                remedy: "Run 'steward dane hook install' as root.")
        }
    }
}
