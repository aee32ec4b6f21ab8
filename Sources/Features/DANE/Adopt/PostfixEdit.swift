/// Points one Postfix instance to the deployed copy.
struct PostfixEdit {
    /// The parameters of `main.cf` that can be changed here.
    static let names: Set<String> = ["smtpd_tls_cert_file", "smtpd_tls_key_file", "smtpd_tls_chain_files"]
    /// Legacy parameters that `smtpd_tls_chain_files` makes void (postconf(5)).
    private static let legacy = [
        "smtpd_tls_cert_file", "smtpd_tls_key_file", "smtpd_tls_eccert_file", "smtpd_tls_eckey_file",
        "smtpd_tls_dcert_file", "smtpd_tls_dkey_file",
    ]

    /// The configuration folder.
    let folder: String

    /// Makes `file` what it serves in the place of the files in `folders`.
    /// - Throws: ``Adoption/Failure`` `edit-failed`.
    func apply(_ file: String, insteadOf folders: [String]) async throws(Adoption.Failure) {
        func isOurs(_ path: Substring) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }
        var others: [String] = []
        for name in Self.legacy {
            let value = try await value(of: name)
            let isSet = !value.isEmpty && value != "none" && !value.hasPrefix("$")
            if isSet, !isOurs(value[...]) { others.append("\(name) = \(value)") }
        }
        guard others.isEmpty else {
            throw Adoption.Failure(
                "edit-failed",
                "\(folder)/main.cf also has \(others.joined(separator: ", ")), which smtpd_tls_chain_files would make void. List those files' keys and chains in smtpd_tls_chain_files yourself, together with \(file)."
            )
        }
        let chains = try await value(of: "smtpd_tls_chain_files")
            .split(whereSeparator: { $0 == "," || $0.isWhitespace })
        var wanted: [String] = []
        for chain in chains where !isOurs(chain) { wanted.append(String(chain)) }
        wanted.insert(file, at: 0)
        try await run(["-e", "smtpd_tls_chain_files = \(wanted.joined(separator: ", "))"])
        let set = try await run(["-n"])
        let named = Self.legacy.filter { name in set.split(separator: "\n").contains { $0.hasPrefix("\(name) =") } }
        if !named.isEmpty { try await run(["-#"] + named) }
    }

    private func value(of name: String) async throws(Adoption.Failure) -> String {
        try await run(["-h", "-x", name]).trimmed
    }

    @discardableResult
    private func run(_ arguments: [String]) async throws(Adoption.Failure) -> String {
        let outcome = await Command(["postconf", "-c", folder] + arguments).run(seconds: 20)
        guard outcome.isGood else {
            throw Adoption.Failure(
                "edit-failed", "'postconf -c \(folder) \(arguments.joined(separator: " "))' failed: \(outcome.reason).")
        }
        return String(decoding: outcome.output, as: UTF8.self)
    }

    /// Lets Postfix check its configuration.
    var check: Command { Command(["postfix", "-c", folder, "check"]) }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
