/// The directives of mod_ssl, mod_md and mod_gnutls that name certificates, keys or authorities.
enum ApacheDirectives {
    /// How a directive names its files.
    struct Form: Hashable, Sendable {
        /// The name as the manual spells it.
        var name: String
        /// Whether it names a folder of files.
        var isFolder = false
        /// Whether each of its arguments is a file.
        var takesMany = false
    }

    /// By name, lower case.
    static let forms: [String: Form] = {
        let files = [
            "SSLCertificateFile", "SSLCertificateKeyFile", "SSLCertificateChainFile", "SSLCACertificateFile",
            "SSLCADNRequestFile", "SSLProxyMachineCertificateFile", "SSLProxyMachineCertificateChainFile",
            "SSLProxyCACertificateFile", "SSLOCSPResponderCertificateFile", "GnuTLSCertificateFile", "GnuTLSKeyFile",
            "GnuTLSX509CertificateFile", "GnuTLSX509KeyFile", "GnuTLSClientCAFile", "GnuTLSProxyKeyFile",
            "GnuTLSProxyCertificateFile", "GnuTLSProxyCAFile", "MDCACertificateFile",
        ]
        let folders = [
            "SSLCACertificatePath", "SSLCADNRequestPath", "SSLProxyMachineCertificatePath", "SSLProxyCACertificatePath",
        ]
        let lists = ["MDCertificateFile", "MDCertificateKeyFile"]
        let all =
            files.map { Form(name: $0) } + folders.map { Form(name: $0, isFolder: true) }
            + lists.map { Form(name: $0, takesMany: true) }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })
    }()
}
