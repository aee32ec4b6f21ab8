import Foundation
import Glibc
import StewardAccess
import StewardEdge
import StewardSettings

/// Whether the HTTPS listener can be served as the settings say.
enum TLSCheck {
    /// The findings about certificates, their keys and client certificates.
    static func findings(_ settings: ServerSettings, now: Date = Date()) -> [CheckFinding] {
        let unused = unusedKeys(settings)
        guard settings.tls.isOn else { return unused }
        let terms: TLSTerms
        do throws(SettingsError) { terms = try TLSTerms(settings.tls, file: settings.file) } catch {
            return CheckFinding.settings(error).map { finding in
                CheckFinding(.error, "tls", at: finding.place, finding.message, remedy: finding.remedy)
            } + unused
        }
        return terms.certificates.flatMap { certificate($0, now: now) } + settings.tls.keyFiles.compactMap(exposed)
            + terms.overdueLists(now: Int64(now.timeIntervalSince1970)).map(overdue) + unused
    }

    private static func overdue(_ file: String, since: Int64) -> CheckFinding {
        CheckFinding(
            .warning, "tls", at: file,
            "The next list of revoked certificates was due on \(day(Date(timeIntervalSince1970: Double(since)))): who was revoked since is still let in.",
            remedy: "Fetch the authority's new list into this file; the server takes it up by itself.")
    }

    private static func certificate(_ certificate: ServedCertificate, now: Date) -> [CheckFinding] {
        let place = certificate.files.chainFile
        let end = Date(timeIntervalSince1970: Double(certificate.expires))
        let begin = Date(timeIntervalSince1970: Double(certificate.begins))
        var findings: [CheckFinding] = []
        if end < now {
            findings.append(
                CheckFinding(
                    .warning, "tls", at: place, "It expired on \(day(end)): clients refuse it.",
                    remedy: "Renew it ('certbot renew'); the server takes the new one up by itself."))
        } else if begin > now {
            findings.append(
                CheckFinding(
                    .warning, "tls", at: place, "It counts from \(day(begin)) on: clients refuse it until then.",
                    remedy: "Compare the clock with 'timedatectl', or use the certificate that counts now."))
        }
        if certificate.names.isEmpty {
            findings.append(
                CheckFinding(
                    .warning, "tls", at: place, "It names no host as an alternative name: browsers refuse it.",
                    remedy: "Have one made with subjectAltName=DNS:NAME."))
        }
        guard findings.isEmpty else { return findings }
        return [
            CheckFinding(
                .ok, "tls", at: place, "\(certificate.names.joined(separator: ", ")), until \(day(end)).")
        ]
    }

    private static func day(_ date: Date) -> String { date.formatted(.iso8601.year().month().day()) }

    private static func exposed(_ path: String) -> CheckFinding? {
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & 0o007 != 0 else { return nil }
        let mode = String(information.st_mode & 0o777, radix: 8)
        return CheckFinding(
            .warning, "tls", at: path, "Every user of this machine can open this private key (mode \(mode)).",
            remedy: "Run 'chmod o= \(path)'.")
    }

    /// Keys that nobody can present.
    private static func unusedKeys(_ settings: ServerSettings) -> [CheckFinding] {
        guard settings.tls.clientCertificates == .none || !settings.tls.isOn else { return [] }
        return settings.keys.compactMap { key in
            guard case .certificate = key.source else { return nil }
            return CheckFinding(
                .error, "tls", at: key.path,
                "The key '\(key.name)' is a client certificate, and the server asks no client for one.",
                remedy: "Set 'tls.client_ca' and 'tls.client_certificates: optional' (or 'required').")
        }
    }
}
