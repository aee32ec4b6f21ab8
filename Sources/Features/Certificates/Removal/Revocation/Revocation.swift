#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What came of asking for a certificate's revocation.
package enum Revocation: Hashable, Sendable {
    /// The ACME server took it back, now or before.
    case revoked
    /// There was nothing to revoke, or revoking would have harmed another lineage; why. The lineage goes all the same.
    case skipped(String)
    /// It was not revoked; certbot's words. The lineage stays.
    case failed(String)

    /// Why the certificate of `lineage` is not to be revoked, in words that follow "not revoked: "; nil if it may be.
    /// - Parameters:
    ///   - lineage: The lineage.
    ///   - staying: The lineages that stay.
    ///   - now: The time.
    package static func obstacle(_ lineage: Lineage, staying: [Lineage], now: Date) -> String? {
        guard let certificate = lineage.certificate else { return "it holds no certificate that can be read" }
        guard certificate.notAfter > now else { return "its certificate has expired" }
        let other = staying.first { other in other.prints.contains { $0.fingerprint == certificate.fingerprint } }
        return other.map { "\($0.name), which stays, holds the same certificate" }
    }

    /// Whether the lineage may go.
    var goes: Bool {
        switch self {
        case .revoked, .skipped: true
        case .failed: false
        }
    }

    /// What happened to the lineage called `name`, in a sentence.
    package func note(about name: String) -> String {
        switch self {
        case .revoked: "The certificate of \(name) was revoked."
        case .skipped(let reason): "The certificate of \(name) was not revoked: \(reason)."
        case .failed(let reason): "The certificate of \(name) was not revoked, and the lineage stays: \(reason)"
        }
    }
}
