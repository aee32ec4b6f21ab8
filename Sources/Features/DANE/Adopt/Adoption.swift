package import StewardCertificates

/// Servers that read certbot's `live/` or `archive/` directly instead of the deployed copy: a renewal would change the served
/// key with nobody's leave. Finds them, and on request points them to the deployed copy.
package struct Adoption: Sendable {
    /// One directive that reads the lineage's files.
    package struct Fault: Hashable, Sendable {
        /// The deployment's name.
        package var deployment: String
        /// The server: `postfix`, `dovecot`, or another one that can only be changed by hand.
        package var server: Evidence.Kind
        /// Where: `/etc/postfix/main.cf:27`.
        package var place: Place
        /// The directive and what it names.
        package var directive: String
        package var path: String
        /// The lines that point it to the deployed copy, as they must stand in the configuration.
        package var lines: [String]
        /// Whether ``adopt(_:)`` can do it.
        package var canAdopt: Bool
    }

    /// What was done for one deployment.
    package struct Report: Hashable, Sendable {
        /// The deployment's name.
        package var deployment: String
        /// What was done, in sentences, in order.
        package var done: [String]
        /// What is left to do by hand, in sentences.
        package var left: [String]
    }

    /// Why a deployment was not adopted: everything is as before, or the text says what is not.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `mismatch`, `edit-failed`, `check-failed`, `reload-failed`, `not-served`, `not-restored`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String

        /// A failure.
        package init(_ code: String, _ text: String) {
            self.code = code
            self.text = text
        }

        package var description: String { text }
    }

    let loop: RolloverLoop
    private let evidence: EvidenceSettings
    /// How long the services have to serve the same certificate from the deployed copy.
    var patience: Duration = .seconds(30)

    /// For the deployments of `loop`; `evidence` names configurations in unusual places.
    package init(_ loop: RolloverLoop, evidence: EvidenceSettings = EvidenceSettings()) {
        self.loop = loop
        self.evidence = evidence
    }

    /// Servers that may serve mail; and those that may serve the web.
    private static let mail: Set<Evidence.Kind> = [.postfix, .dovecot, .exim, .haproxy, .stalwart]
    private static let web: Set<Evidence.Kind> = [.nginx, .apache, .caddy, .haproxy]

    /// The directives that read lineages directly, of all deployments. Blocks while it reads.
    package func faults() -> [Fault] {
        let trees = Set(loop.deployments.map(\.tree)).sorted().map { CertbotTree(path: $0) }
        let now = loop.now()
        let inventory = InventoryReader().read(trees, now: now)
        let found = EvidenceReader(settings: evidence, inventory: inventory).read().evidence
        return loop.deployments.flatMap { faults(of: $0, found) }
    }

    private func faults(of setup: DeploymentSetup, _ evidence: [Evidence]) -> [Fault] {
        let isWeb = setup.policy.services.contains { [443, 8443].contains($0.port) }
        let kinds = isWeb ? Self.mail.union(Self.web) : Self.mail
        let folders = ["live", "archive"].map { "\(setup.tree)/\($0)/\(setup.lineage)" }
        var (faults, seen): ([Fault], Set<String>) = ([], [])
        for sign in evidence where kinds.contains(sign.kind) {
            guard case .path(let path) = sign.target,
                folders.contains(where: { path == $0 || path.hasPrefix($0 + "/") }),
                Self.isServed(sign), seen.insert("\(sign.place) \(sign.detail)").inserted
            else { continue }
            faults.append(Self.fault(sign, path, setup))
        }
        // One line is one fault: of what was read there, the directive that can be changed.
        for fault in faults where fault.canAdopt {
            faults.removeAll { $0.place == fault.place && !$0.canAdopt }
        }
        // What a server itself says of a file that was read is the same directive again.
        let known = Set(faults.filter { $0.place.line != nil }.map { "\($0.server) \($0.directive)" })
        return faults.filter { $0.place.line != nil || !known.contains("\($0.server) \($0.directive)") }
    }

    /// Postfix's parameters of its client present nothing that a TLSA record is about.
    private static func isServed(_ sign: Evidence) -> Bool {
        guard sign.kind == .postfix else { return true }
        let name = sign.detail.split(separator: " ").last.map(String.init) ?? sign.detail
        return !name.hasPrefix("smtp_tls") && !name.hasPrefix("lmtp_tls") && !name.hasSuffix("CAfile")
            && !name.hasSuffix("CApath")
    }

    private static func fault(_ sign: Evidence, _ path: String, _ setup: DeploymentSetup) -> Fault {
        var fault = Fault(
            deployment: setup.name, server: sign.kind, place: sign.place, directive: sign.detail, path: path, lines: [],
            canAdopt: false)
        switch sign.kind {
        case .postfix:
            let isMain = sign.place.text.hasSuffix("/main.cf") && sign.place.line != nil
            fault.canAdopt = isMain && PostfixEdit.names.contains(sign.detail)
            let isOverride = sign.detail.contains(": ")
            fault.lines =
                isOverride
                ? ["-o smtpd_tls_chain_files=\(setup.file)"] : ["smtpd_tls_chain_files = \(setup.file)"]
            if sign.detail.contains("SNI ") { fault.lines = ["(the name) \(setup.file)", "then: postmap -F"] }
        case .dovecot:
            let key = String(sign.detail.prefix { $0 != "," })
            fault.canAdopt = sign.place.line != nil && DovecotEdit.isKnown(key)
            fault.lines = [DovecotEdit.line(key, setup.file)]
        default:
            fault.lines = ["\(sign.detail) -> \(setup.file) (key and chain in one file)"]
        }
        return fault
    }
}
