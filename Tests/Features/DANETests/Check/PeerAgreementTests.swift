import Foundation
import StewardCertificates
import StewardDANE
import StewardDNS
import Testing

/// Steward's verdict on each case is that of openssl s_client and of ldns-dane, but for the differences written down here.
@Suite struct PeerAgreementTests {
    /// Why a peer may say something else, with the RFC's section; nil where it may not.
    private func difference(_ one: PeerCase, _ peer: String) -> String? {
        let (chain, records) = (one.chain, one.name.split(separator: "/").last ?? "")
        let usages = Set(one.records.compactMap { $0.split(separator: " ").first })
        if usages.isSubset(of: ["0", "1"]) {
            return "RFC 7672, section 3.1.3: mail servers can't use usages 0 and 1; the peers check them"
        }
        if chain.hasSuffix("-wildcard-part"), usages.contains("2") {
            return
                "RFC 7672, section 3.2.3: a wildcard is a whole label; the peers take a part too, and Postfix doesn't"
        }
        if peer == "ldns", usages == ["3"],
            ["-other-name", "-common-name-hidden", "-wildcard-deep", "-wildcard-high"].contains(where: chain.hasSuffix)
        {
            return "RFC 7671, section 5.1: usage 3 has no check of names; ldns-dane makes one"
        }
        if peer == "ldns", chain.hasSuffix("-by-root-alone"), records == "200-root" {
            return
                "RFC 7671, section 5.2.2: an anchor that stands whole in the record needn't be sent; ldns-dane wants it"
        }
        return nil
    }

    @Test(
        "A chain matches an RRset exactly where openssl s_client and ldns-dane say so",
        .enabled(if: PeerCases.isPossible, "needs openssl, ldns-dane and .venv (tools/setup --tests)"))
    func agreement() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dane-cases-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let cases = try PeerCases.write(to: folder)
        #expect(cases.count >= 200)
        var verdicts: Set<String> = []
        for one in cases {
            let verdict = try verdict(one, folder)
            verdicts.insert(verdict)
            for (peer, answer) in one.peers where difference(one, peer) == nil {
                // ldns-dane doesn't tell "nothing to compare with" from "not that".
                let own = peer == "ldns" && verdict == "unusable" ? "mismatch" : verdict
                #expect(
                    own == answer, "\(one.name): \(peer) says \(answer), we say \(verdict)\n\(one.words[peer] ?? "")")
            }
        }
        #expect(verdicts == ["match", "mismatch", "unusable"])
    }

    private func verdict(_ one: PeerCase, _ folder: URL) throws -> String {
        let file = try Data(contentsOf: folder.appending(path: "\(one.chain)/chain.pem"))
        let chain = KeyMaterial.certificates(Array(file)).compactMap { $0 }
        let host = try #require(DomainName(one.host))
        let match = ChainMatch.match(chain, records: one.records.compactMap { TLSA($0) }, names: [host], at: Date())
        return word(match)
    }

    private func word(_ match: ChainMatch) -> String {
        switch match {
        case .matched: "match"
        case .failed: "mismatch"
        case .noUsableRecord: "unusable"
        }
    }
}
