import Foundation
import Testing

@testable import StewardCertificates

@Suite struct RevokerTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/steward-revoker-\(UUID().uuidString)"

    /// A revoker whose certbot is the shell script `script`.
    private func revoker(_ script: String = "exit 0") throws -> Revoker {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let program = folder + "/certbot"
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        return try Revoker(
            certbot: "certbot", work: folder, logs: folder, environment: ["PATH": "relative:\(folder)", "SECRET": "x"])
    }

    private func lineage() throws -> Lineage {
        var lineage = Facts.lineage("a.example")
        lineage.renewal = RenewalFacts(server: "https://ca.example/dir")
        lineage.livePath = "/t/live/a.example"
        lineage.archivePath = "/t/archive/a.example"
        lineage.versions = [1, 2]
        return lineage
    }

    @Test func aProgramIsFoundOnPATHThenInTheUsualFoldersAndAPathIsTakenAsItIs() throws {
        #expect(Revoker.find("certbot", path: "x:/one:/two") { $0 == "/two/certbot" } == "/two/certbot")
        #expect(Revoker.find("certbot", path: "") { $0 == "/snap/bin/certbot" } == "/snap/bin/certbot")
        #expect(Revoker.find("/opt/c", path: "/one") { $0 == "/opt/c" } == "/opt/c")
        #expect(Revoker.find("/opt/c", path: "/one") { _ in false } == nil)
        let error = #expect(throws: RemovalError.self) {
            try Revoker(certbot: "/no/certbot", work: "/w", logs: "/l", environment: [:])
        }
        #expect(error?.code == .revocation && error?.description.contains("/no/certbot") == true)
    }

    @Test func theAccountAsksAndWithoutOneTheCertificatesKey() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let revoker = try revoker()
        var lineage = try lineage()
        lineage.keySPKI = lineage.certificate?.spki
        let server = "https://ca.example/dir"
        let byKey = revoker.arguments(lineage, file: "/t/archive/a.example/cert2.pem", server: server)
        #expect(byKey.contains("--key-path=/t/archive/a.example/privkey2.pem"))
        #expect(byKey.contains("--no-delete-after-revoke") && byKey.contains("--config-dir=\(lineage.tree)"))
        lineage.renewal?.account = "abc"
        let byAccount = revoker.arguments(lineage, file: "/t/live/a.example/cert.pem", server: server)
        #expect(byAccount.last == "--account=abc" && !byAccount.contains { $0.hasPrefix("--key-path") })
        #expect(Revoker.files(lineage).first == "/t/live/a.example/cert.pem")
        #expect(Revoker.files(lineage).last == "/t/archive/a.example/cert1.pem")
    }

    @Test func certbotsWordsAreToldWithoutTheirFrame() {
        let said = """
            Saving debug log to /var/log/letsencrypt/letsencrypt.log
            An unexpected error occurred:
            The server refused it
            Ask for help or search for solutions at https://community.letsencrypt.org.
            """
        func output(_ errors: String, _ status: Int32 = 256) -> Result<ServerProgram.Output, ServerProgram.Refusal> {
            .success(ServerProgram.Output(status: status, output: [], errors: Array(errors.utf8)))
        }
        #expect(Revoker.revocation(output(said)) == .failed("certbot says: The server refused it"))
        #expect(Revoker.revocation(output("")) == .failed("certbot failed without a word."))
        #expect(Revoker.revocation(output("Certificate has already been revoked.")) == .revoked)
        #expect(Revoker.revocation(output("", 0)) == .revoked)
        let refusal = ServerProgram.Refusal(reason: "it had not answered after 120 s")
        #expect(Revoker.revocation(.failure(refusal)) == .failed("certbot can't be run: \(refusal.reason)."))
    }

    @Test func expiredUnreadableAndSharedCertificatesAreNotRevoked() throws {
        let lineage = try lineage()
        let now = try #require(lineage.certificate).notAfter.addingTimeInterval(-1)
        #expect(Revocation.obstacle(lineage, staying: [], now: now) == nil)
        #expect(Revocation.obstacle(lineage, staying: [], now: now.addingTimeInterval(2))?.contains("expired") == true)
        var other = lineage
        other.name = "twin"
        #expect(Revocation.obstacle(lineage, staying: [other], now: now)?.hasPrefix("twin, which stays") == true)
        other.certificate = nil
        #expect(Revocation.obstacle(other, staying: [], now: now) != nil)
    }

    @Test func withoutAConfOrAFileNothingIsAsked() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let revoker = try revoker("touch \(folder)/asked")
        var lineage = try lineage()
        guard case .failed(let reason) = await revoker.revoke(lineage) else { Issue.record("revoked"); return }
        #expect(reason.contains("none of its files"))
        lineage.renewal = nil
        guard case .failed(let other) = await revoker.revoke(lineage) else { Issue.record("revoked"); return }
        #expect(other.contains("no renewal conf"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/asked"))
    }
}
