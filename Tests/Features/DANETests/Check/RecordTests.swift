import Foundation
import StewardDNS
import Testing

@testable import StewardDANE

/// Records as they are made, printed and judged.
@Suite struct RecordTests {
    private let issued = DeployAuthority.shared.issue(["mail.example"])

    private func source(_ text: String) throws(RecordFailure) -> RecordSource { try RecordSource(Array(text.utf8)) }

    /// What openssl computes: `x509 -pubkey | pkey -pubin -outform DER | dgst`.
    private func openssl(_ form: RecordForm, _ certificate: String) throws -> String {
        let folder = try DeployScratch()
        try folder.write("c.pem", certificate)
        let part =
            form.selector == 0
            ? "openssl x509 -in c.pem -outform DER"
            : "openssl x509 -in c.pem -noout -pubkey | openssl pkey -pubin -outform DER"
        let digest = ["cat", "openssl dgst -sha256 -binary", "openssl dgst -sha512 -binary"][Int(form.matching)]
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.arguments = ["-c", "\(part) | \(digest) | od -An -v -tx1 | tr -d ' \\n' > out"]
        try process.run()
        process.waitUntilExit()
        return folder.text("out") ?? ""
    }

    @Test func everyFormIsWhatOpenSSLComputes() throws {
        let source = try source(issued.cert + issued.chain)
        for usage in UInt8(0)...3 {
            for selector in UInt8(0)...1 {
                for matching in UInt8(0)...2 {
                    let form = RecordForm(usage: usage, selector: selector, matching: matching)
                    let made = try source.record(form)
                    let from = usage == 1 || usage == 3 ? issued.cert : issued.chain
                    #expect(made.record.hex == (try openssl(form, from)), "\(form)")
                    #expect(made.depth == (usage == 1 || usage == 3 ? 0 : 1))
                }
            }
        }
    }

    @Test func aPrivateKeyGivesTheRecordOfItsCertificate() throws {
        let key = try source(issued.key).record(.recommended)
        #expect(key.record == (try source(issued.cert).record(.recommended).record))
    }

    @Test func whatCanNotBeMadeSaysWhatToGive() throws {
        for (text, form, code) in [
            ("", "311", "no-key"), (issued.key, "301", "certificate-needed"), (issued.cert, "211", "issuer-needed"),
            (DeployAuthority.shared.issue().key + issued.cert, "311", "key-mismatch"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "311", "certificate-damaged"),
        ] {
            let failure = #expect(throws: RecordFailure.self) {
                _ = try source(text).record(try #require(RecordForm(text: form)))
            }
            #expect(failure?.code == code)
            #expect(failure?.text.hasSuffix(".") == true)
        }
    }

    @Test func aSheetHasEveryForm() throws {
        let owner = try #require(DomainName("_25._tcp.mail.example"))
        let made = try source(issued.cert + issued.chain).record(RecordForm(usage: 2, selector: 1, matching: 1))
        let sheet = RecordSheet(made, owner: owner, ttl: 3600, isSMTP: true)
        #expect(sheet.zoneLine == "_25._tcp.mail.example. 3600 IN TLSA \(made.record)")
        #expect(sheet.updateScript == "update add _25._tcp.mail.example. 3600 IN TLSA \(made.record)\nsend\n")
        #expect(sheet.warnings.map(\.code) == ["record-authority"])
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(sheet)) as? [String: Any]
        #expect(json?["data"] as? String == made.record.hex)
        #expect(json?["owner"] as? String == "_25._tcp.mail.example.")
    }

    @Test(arguments: [
        ("3 1 1", []), ("3 0 1", ["record-renewal"]), ("2 1 1", ["record-authority"]),
        ("2 0 1", ["record-authority", "record-authority-certificate"]), ("3 1 2", ["record-sha512"]),
        ("3 1 0", ["record-whole"]), ("1 1 1", ["record-pkix"]), ("0 1 1", ["record-pkix", "record-authority"]),
    ])
    func formsHaveTheirWarnings(_ form: String, _ codes: [String]) throws {
        #expect(RecordAdvice.warnings(try #require(RecordForm(text: form)), isSMTP: true).map(\.code) == codes)
    }

    @Test(arguments: [
        ("3 1 1 abcd", "malformed"), ("3 1 1 " + String(repeating: "00", count: 32), "usable"),
        ("3 1 2 " + String(repeating: "00", count: 32), "malformed"), ("4 1 1 00", "malformed"),
        ("3 2 1 00", "malformed"), ("3 1 3 00", "malformed"), ("3 0 0 00", "malformed"), ("3 1 1", "malformed"),
        ("1 1 1 " + String(repeating: "00", count: 32), "unusable"),
    ])
    func recordsAreJudged(_ text: String, _ standing: String) throws {
        let judged = RecordJudge.judge([try #require(TLSA(text))], isSMTP: true)
        let word =
            switch judged[0].standing {
            case .usable: "usable"
            case .unusable: "unusable"
            case .malformed: "malformed"
            }
        #expect(word == standing)
    }

    @Test func aStrongerDigestSupersedesAWeakerOne() throws {
        let weak = TLSA(usage: 3, selector: 1, matching: 1, bytes: .init(repeating: 0, count: 32))
        let strong = TLSA(usage: 3, selector: 1, matching: 2, bytes: .init(repeating: 0, count: 64))
        let judged = RecordJudge.judge([weak, strong, weak], isSMTP: true)
        #expect(judged.map(\.isSuperseded) == [true, false, true])
        #expect(judged.map(\.isRepeated) == [false, false, true])
        let codes = RecordJudge.findings(judged, owner: .root, isSMTP: true).map(\.code)
        #expect(Set(codes) == ["record-superseded", "record-repeated"])
    }

    @Test func everyFindingHasAnEntryInTheReference() {
        let described = CheckFindingKind.parts.flatMap(\.kinds)
        #expect(described.count == CheckFindingKind.allCases.count)
        #expect(Set(described) == Set(CheckFindingKind.allCases))
    }
}
