import Dispatch
import Glibc

/// Revokes certificates through certbot (`certbot revoke`), which takes its own locks meanwhile.
package struct Revoker: Sendable {
    /// What certbot may be told by its environment: proxies and the authorities that it trusts.
    static let inherited = [
        "PATH", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]
    private static let usualFolders = ["/usr/local/bin", "/usr/bin", "/bin", "/snap/bin", "/opt/certbot/bin"]
    /// How long one revocation may take, in seconds.
    private static let patience = 120.0

    private let program: String
    private let work: String
    private let logs: String
    private let environment: [String: String]

    /// Finds certbot's program.
    /// - Parameters:
    ///   - certbot: certbot's program: a path, or a name that is looked for on PATH and in the usual folders.
    ///   - work: certbot's `--work-dir`.
    ///   - logs: certbot's `--logs-dir`.
    ///   - environment: This process's environment; of it certbot gets what concerns proxies and trust.
    /// - Throws: ``RemovalError`` `revocation` where there is no such program.
    package init(
        certbot: String, work: String, logs: String, environment: [String: String]
    ) throws(RemovalError) {
        let found = Self.find(certbot, path: environment["PATH"] ?? "") { access($0, X_OK) == 0 }
        guard let found else {
            throw RemovalError(
                .revocation, "There is no certbot to revoke with: '\(certbot)' can't be run.",
                "Name it with --certbot or 'certificates.certbot' in the settings, or prune without revoking.")
        }
        program = found
        self.work = work
        self.logs = logs
        self.environment = environment.filter { Self.inherited.contains($0.key) }
    }

    /// Where `certbot` is; `path` is a list as in PATH.
    static func find(_ certbot: String, path: String, isProgram: (String) -> Bool) -> String? {
        guard !certbot.contains("/") else { return isProgram(certbot) ? certbot : nil }
        let folders = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } + usualFolders
        return folders.map { "\($0)/\(certbot)" }.first(where: isProgram)
    }

    /// Revokes what `lineage` holds as its certificate: the version that `live/` serves, or the newest.
    package func revoke(_ lineage: Lineage) async -> Revocation {
        guard let certificate = lineage.certificate else { return .skipped("it holds no certificate that can be read") }
        guard let server = lineage.renewal?.server else {
            return .failed("no renewal conf says which ACME server issued it. Prune without revoking.")
        }
        let file = Self.files(lineage).first { path in
            guard case .success(let bytes) = ConfigurationRoot().read(path) else { return false }
            return CertificateReader.read(bytes)?.fingerprint == certificate.fingerprint
        }
        guard let file else { return .failed("none of its files holds the certificate any more.") }
        let arguments = arguments(lineage, file: file, server: server)
        let outcome = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: ServerProgram.run(
                        program, arguments, environment: words, directory: directory, seconds: Self.patience))
            }
        }
        return Self.revocation(outcome)
    }

    /// The files that may hold the certificate, as they are opened here.
    static func files(_ lineage: Lineage) -> [String] {
        let live = lineage.livePath.map { ["\($0)/cert.pem"] } ?? []
        let archive = lineage.archivePath.map { folder in
            lineage.versions.reversed().map { "\(folder)/cert\($0).pem" }
        }
        return live + (archive ?? [])
    }

    /// What certbot is told (its main.py, `revoke`). The account that issued the certificate asks; where it is gone,
    /// the certificate's own key may (RFC 8555, section 7.6).
    func arguments(_ lineage: Lineage, file: String, server: String) -> [String] {
        var words = [
            "revoke", "--non-interactive", "--no-delete-after-revoke", "--cert-path=\(file)", "--server=\(server)",
            "--config-dir=\(lineage.tree)", "--work-dir=\(work)", "--logs-dir=\(logs)",
        ]
        if let account = lineage.renewal?.account {
            words.append("--account=\(account)")
        } else if lineage.keyMatches == true {
            let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            let name = file.split(separator: "/").last ?? ""
            words.append("--key-path=\(folder)/\(name.replacing("cert", with: "privkey", maxReplacements: 1))")
        }
        return words
    }

    private var words: [String] {
        var all = environment
        all["LC_ALL"] = "C.UTF-8"
        all["HOME"] = "/"
        // Python wants a folder for temporary files at its start; a confined helper may write here.
        if access(work, W_OK) == 0 { all["TMPDIR"] = work }
        return all.map { "\($0.key)=\($0.value)" }
    }

    private var directory: String { access(work, W_OK) == 0 ? work : "/" }

    /// What `outcome` of certbot means.
    static func revocation(_ outcome: Result<ServerProgram.Output, ServerProgram.Refusal>) -> Revocation {
        switch outcome {
        case .failure(let refusal): return .failed("certbot can't be run: \(refusal.reason).")
        case .success(let output):
            if output.status == 0 { return .revoked }
            let lines = Lines.split(output.errors).map { Lines.trimmed($0.bytes) }.filter { !$0.isEmpty }
                .map { ByteText.shown(ByteText.string($0)) }
            // The ACME error alreadyRevoked (RFC 8555, section 6.7); certbot leaves its type out.
            let isDone = lines.contains { line in ["already", "revoked"].allSatisfy(line.lowercased().contains) }
            if isDone { return .revoked }
            return .failed(Self.words(lines))
        }
    }

    /// certbot's sentences without those that stand around every error of its.
    private static func words(_ lines: [String]) -> String {
        let frame = ["Saving debug log to", "An unexpected error occurred", "Ask for help or search for solutions"]
        let own = lines.filter { line in !frame.contains { line.hasPrefix($0) } }.suffix(6)
        return own.isEmpty ? "certbot failed without a word." : "certbot says: \(own.joined(separator: " "))"
    }
}
