package import StewardCore

/// Gives each request to the answerer of its subject.
package struct HelperAnswerer: Sendable {
    private let certificates: CertificateAnswerer
    private let dane: DANEAnswerer?

    /// All answerers; without `dane` requests about it get a problem.
    package init(certificates: CertificateAnswerer, dane: DANEAnswerer?) {
        self.certificates = certificates
        self.dane = dane
    }

    /// The JSON that answers `request`.
    package func answer(_ request: HelperRequest, _ peer: HelperPeer) async throws(Problem) -> [UInt8] {
        guard request.verb.isAboutDANE else { return try await certificates.answer(request, peer) }
        guard let dane else { throw .noDANE }
        return try await dane.answer(request, peer)
    }
}

extension HelperDaemon {
    /// What is asked for: the JSON of the result.
    package typealias Answerer = @Sendable (HelperRequest, HelperPeer) async throws(Problem) -> [UInt8]
}
