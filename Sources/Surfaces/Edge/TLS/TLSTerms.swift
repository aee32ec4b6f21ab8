internal import NIOCore
internal import NIOSSL
package import StewardSettings

/// What the HTTPS listener agrees to: its certificates and keys, versions, suites, whose clients it knows. Immutable;
/// connections that began under older terms go on under them.
package struct TLSTerms: Sendable {
    /// What it presents, in the order of the settings.
    package let certificates: [ServedCertificate]
    let context: NIOSSLContext
    let revoked: RevokedCertificates?

    /// Reads every file that `settings` name.
    /// - Throws: all that is wrong at once, with the place in the settings file `file`.
    package init(_ settings: TLSSettings, file: String?) throws(SettingsError) {
        var diagnostics: [SettingsDiagnostic] = []
        func report(_ message: String, _ path: String, _ mark: SourceMark?) {
            diagnostics.append(SettingsDiagnostic(file: file ?? "", mark: mark, path: path, message: message))
        }
        var certificates: [ServedCertificate] = []
        for files in settings.certificates {
            do throws(TLSFailure) { certificates.append(try ServedCertificate(files)) } catch {
                report(error.message, files.path, files.mark)
            }
        }
        var authorities: [NIOSSLCertificate] = []
        var revoked: RevokedCertificates?
        if let authority = settings.clientCA {
            do throws(TLSFailure) { authorities = try TLSFile.certificates(authority) } catch {
                report(error.message, "tls.client_ca", settings.marks["client_ca"])
            }
        }
        if !settings.clientCRL.isEmpty, !authorities.isEmpty {
            do throws(TLSFailure) {
                revoked = try RevokedCertificates(files: settings.clientCRL, authorities: authorities)
            } catch {
                report(error.message, "tls.client_crl", settings.marks["client_crl"])
            }
        }
        guard diagnostics.isEmpty else { throw SettingsError(diagnostics) }
        self.certificates = certificates
        self.revoked = revoked
        do {
            context = try NIOSSLContext(
                configuration: Self.configuration(settings, certificates, authorities: authorities))
        } catch {
            throw SettingsError([
                SettingsDiagnostic(
                    file: file ?? "", mark: settings.marks["certificates"], path: "tls",
                    message: "TLS can't be set up: \(error)")
            ])
        }
    }

    /// The revocation lists whose successors were due by `now` (seconds since 1970), and since when.
    package func overdueLists(now: Int64) -> [(file: String, since: Int64)] {
        revoked?.overdue(now: now).map { ($0.file, $0.since) } ?? []
    }

    /// The handler of one connection.
    func handler() -> NIOSSLServerHandler {
        guard let revoked else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler._makeSSLServerHandler(context: context) { certificate, channel in
            let isRevoked = (try? certificate.toDERBytes()).map { revoked.contains($0) } ?? true
            return isRevoked
                ? channel.eventLoop.makeFailedFuture(TLSFailure("the certificate is revoked"))
                : channel.eventLoop.makeSucceededVoidFuture()
        }
    }

    private static func configuration(
        _ settings: TLSSettings, _ certificates: [ServedCertificate], authorities: [NIOSSLCertificate]
    ) -> TLSConfiguration {
        var terms = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates[0].chain.map { .certificate($0) },
            privateKey: .privateKey(certificates[0].key))
        terms.minimumTLSVersion = settings.minVersion == .tls13 ? .tlsv13 : .tlsv12
        terms.cipherSuiteValues = suites
        terms.applicationProtocols = settings.http2 ? ["h2", "http/1.1"] : ["http/1.1"]
        // For a client that doesn't answer the server's goodbye.
        terms.shutdownTimeout = .milliseconds(500)
        switch settings.clientCertificates {
        case .none: terms.certificateVerification = .none
        case .optional: terms.certificateVerification = .optionalVerification
        case .required: terms.certificateVerification = .noHostnameVerification
        }
        if settings.clientCertificates != .none {
            terms.trustRoots = .certificates(authorities)
            terms.sendCANameList = true
        }
        if certificates.count > 1 { terms.sslContextCallback = choice(certificates) }
        return terms
    }

    /// Forward secrecy and authenticated encryption only (RFC 9325, section 4.2); those of TLS 1.3 are always there.
    private static let suites: [NIOTLSCipher] = [
        .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    private static func choice(_ certificates: [ServedCertificate]) -> NIOSSLContextCallback {
        let names = ServerNames(certificates.map(\.names))
        let changes = certificates.enumerated().map { index, certificate in
            var change = NIOSSLContextConfigurationOverride()
            guard index > 0 else { return change }
            change.certificateChain = certificate.chain.map { .certificate($0) }
            change.privateKey = .privateKey(certificate.key)
            return change
        }
        return { values, promise in promise.succeed(changes[names.index(for: values.serverHostname)]) }
    }
}
