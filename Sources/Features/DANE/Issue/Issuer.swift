internal import StewardCertificates

/// Asks the authority, through certbot, for a certificate for a staged key, and makes it the lineage's next version.
package struct Issuer: Sendable {
    /// Why there is no certificate; nothing was changed, or what was begun is finished at the next try.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `issue-failed`, `lineage-unreadable`, `locked`, ...
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String
        /// Whether trying again may help without anybody's doing.
        package var isPassing: Bool

        /// A failure.
        package init(_ code: String, _ text: String, isPassing: Bool = false) {
            self.code = code
            self.text = text
            self.isPassing = isPassing
        }

        package var description: String { text }
    }

    let setup: DeploymentSetup
    /// The deployment's folder.
    let folder: String
    /// certbot's other folders, where its locks are.
    var otherFolders = ["/var/lib/letsencrypt", "/var/log/letsencrypt"]
    /// How long certbot may take, in seconds: challenges by DNS wait for their zone.
    var patience = 900.0

    init(setup: DeploymentSetup, folder: String) {
        self.setup = setup
        self.folder = folder
    }

    private var kept: KeptChains { KeptChains(path: "\(folder)/kept") }

    /// Asks for a certificate for the private key in PEM, keeps it, and installs it in the lineage. What an earlier,
    /// interrupted try got is used.
    package func issue(_ key: [UInt8]) async throws(Failure) {
        let words = try Self.words(certbot: setup.certbot, tree: setup.tree, lineage: setup.lineage)
        let work = try IssueFolder(tree: setup.tree, lineage: setup.lineage)
        if let chain = work.chain(for: key) { return try await take(chain, work) }
        let facts = try await currentFacts()
        try work.write(csr: try CertificateRequest.pem(key: key, names: facts.names))
        let outcome = await Command(words).run(seconds: patience)
        guard let chain = work.chain(for: key) else {
            let reason = outcome.isGood ? "it ended well and left no certificate for the key" : outcome.reason
            throw Failure(
                "issue-failed",
                "certbot gave no certificate for the staged key: \(reason). Run this by hand to see more: \(Command(words)).",
                isPassing: true)
        }
        try await take(chain, work)
    }

    /// How certbot is asked for a certificate for the request in the lineage's issue folder: the same authority, account and
    /// challenges as its renewal conf has.
    package static func words(certbot: [String], tree: String, lineage: String) throws(Failure) -> [String] {
        let conf = try LineageConf(tree: tree, name: lineage)
        let own = "\(conf.ownTree)/\(IssueFolder.name(lineage))"
        return certbot + ["certonly", "--non-interactive", "--config-dir", conf.ownTree] + conf.options + [
            "--csr", "\(own)/\(IssueFolder.request)", "--cert-path", "\(own)/cert.pem", "--chain-path",
            "\(own)/chain.pem", "--fullchain-path", "\(own)/\(IssueFolder.result)",
        ]
    }

    /// Finishes what an interrupted ``issue(_:)`` began: the answer's folder is there until the lineage has the certificate.
    func finish(_ staged: StagedKeys, forms: [RecordForm]) async throws(Failure) {
        guard FileFacts(path: "\(setup.tree)/\(IssueFolder.name(setup.lineage))/\(IssueFolder.result)") != nil else {
            return
        }
        let work = try IssueFolder(tree: setup.tree, lineage: setup.lineage)
        for key in staged.keys(forms: forms).reversed() {
            guard let text = try? staged.text(of: key.spki), let chain = work.chain(for: text) else { continue }
            return try await take(chain, work)
        }
    }

    /// Keeps the chain, then installs it; the work folder goes last.
    private func take(_ chain: KeyedChain, _ work: IssueFolder) async throws(Failure) {
        do throws(KeptChains.Failure) { try kept.keep(chain) } catch { throw Failure(error.code, error.text) }
        try await install(chain)
        work.remove()
    }

    /// Makes `chain` the lineage's newest version and has renewals keep its key; certbot is locked out meanwhile.
    func install(_ chain: KeyedChain) async throws(Failure) {
        let locks = try await lock()
        defer { locks.release() }
        do throws(FileFailure) {
            try LineageVersion(tree: setup.tree, name: setup.lineage).install(chain)
        } catch {
            throw Failure(
                "install-failed",
                "The certificate was issued and can't be put into the lineage \(setup.lineage): \(error). It is kept, and installed at the next try."
            )
        }
        try LineageConf(tree: setup.tree, name: setup.lineage).keepKey()
    }

    /// Has certbot's renewals keep the key.
    func keepKey() async throws(Failure) {
        let conf = try LineageConf(tree: setup.tree, name: setup.lineage)
        if conf.keepsKey { return }
        let locks = try await lock()
        defer { locks.release() }
        try LineageConf(tree: setup.tree, name: setup.lineage).keepKey()
    }

    private func lock() async throws(Failure) -> CertbotLocks {
        do throws(RemovalError) {
            return try await CertbotLocks(folders: [setup.tree] + otherFolders, patience: .seconds(60))
        } catch {
            throw Failure("locked", error.sentences.joined(separator: " "), isPassing: true)
        }
    }

    private func currentFacts() async throws(Failure) -> CertificateFacts {
        do throws(LineageFiles.Trouble) {
            return try await LineageFiles(tree: setup.tree, name: setup.lineage).current().facts
        } catch {
            throw Failure(error.code, error.text)
        }
    }
}
