/// Postfix's parameters that name certificates, keys, authorities or tables of them (postconf(5)).
enum PostfixParameters {
    /// How a value names its files.
    enum Form {
        case files
        case folder
        case maps
    }

    /// All names.
    static let all: [String] = {
        let clients = ["smtpd", "smtp", "lmtp", "tlsproxy", "tlsproxy_client"]
        let kinds = [
            "cert_file", "key_file", "dcert_file", "dkey_file", "eccert_file", "eckey_file", "chain_files", "CAfile",
            "CApath",
        ]
        return clients.flatMap { client in
            kinds.map { client == "tlsproxy_client" ? "tlsproxy_client_\($0)" : "\(client)_tls_\($0)" }
        } + ["smtp_tls_trust_anchor_file", "lmtp_tls_trust_anchor_file", "tls_server_sni_maps"]
    }()

    /// How the value of `name` is written.
    static func form(_ name: String) -> Form {
        if name == "tls_server_sni_maps" { return .maps }
        return name.hasSuffix("CApath") ? .folder : .files
    }
}
