import Foundation
import StewardCertificates
import Testing

@testable import StewardDANE

@Suite struct AdoptTests {
    @Test func dovecotsLinesAloneChange() throws {
        let text =
            "# mine\nssl = required\n  ssl_cert = </etc/letsencrypt/live/mail/fullchain.pem\r\nssl_key=</x/privkey.pem\n"
        let changed = try #require(
            DovecotEdit.apply(Array(text.utf8), lines: [3, 4], file: "/etc/steward/tls/mail.pem"))
        #expect(
            String(decoding: changed, as: UTF8.self)
                == "# mine\nssl = required\n  ssl_cert = </etc/steward/tls/mail.pem\r\nssl_key= </etc/steward/tls/mail.pem\n"
        )
        #expect(DovecotEdit.apply(Array("ssl_cert = \\\n </x\n".utf8), lines: [1], file: "/y") == nil)
        #expect(DovecotEdit.apply(Array("x\n".utf8), lines: [7], file: "/y") == nil)
    }

    /// A Postfix configuration that reads the world's lineage, and what its smtpd would present by it.
    private func postfix(_ world: LoopWorld, _ more: String = "") throws -> String {
        let live = "\(world.scratch.path)/tree/live/mail"
        try world.scratch.write("postfix/master.cf", "smtp inet n - n - - smtpd\n")
        try world.scratch.write(
            "postfix/main.cf",
            "compatibility_level = 3.6\n# kept\nsmtpd_tls_cert_file = \(live)/fullchain.pem\nsmtpd_tls_key_file = \(live)/privkey.pem\n\(more)myhostname = mail.example\n"
        )
        return "\(world.scratch.path)/postfix"
    }

    @Test func postfixReadingLiveIsAFaultWithItsLine() async throws {
        let world = try LoopWorld()
        try world.renew()
        let folder = try postfix(world)
        let settings = EvidenceSettings(configurations: [.postfix: ["\(folder)/main.cf"]], asksServers: false)
        let faults = Adoption(try world.loop(), evidence: settings).faults()
        #expect(faults.map(\.server) == [.postfix, .postfix], "\(faults.map(\.directive))")
        #expect(faults.map(\.place.description) == ["\(folder)/main.cf:3", "\(folder)/main.cf:4"])
        #expect(
            faults.allSatisfy {
                $0.canAdopt && $0.lines == ["smtpd_tls_chain_files = \(world.scratch.path)/tls/mail.pem"]
            })
    }

    @Test(.enabled(if: Command.find("postconf") != nil)) func postfixIsPointedToTheDeployedCopy() async throws {
        let world = try LoopWorld()
        try world.renew()
        let folder = try postfix(world)
        let lineage = "\(world.scratch.path)/tree/live/mail"
        try await PostfixEdit(folder: folder).apply("/etc/steward/tls/mail.pem", insteadOf: [lineage])
        let text = try #require(world.scratch.text("postfix/main.cf"))
        #expect(text.contains("smtpd_tls_chain_files = /etc/steward/tls/mail.pem"))
        #expect(text.contains("# kept") && text.contains("myhostname = mail.example"))
        let settings = EvidenceSettings(configurations: [.postfix: ["\(folder)/main.cf"]], asksServers: false)
        #expect(Adoption(try world.loop(), evidence: settings).faults().isEmpty)
    }

    @Test(.enabled(if: Command.find("postconf") != nil)) func anotherKeyBesideItIsNotMadeVoid() async throws {
        let world = try LoopWorld()
        let folder = try postfix(world, "smtpd_tls_dcert_file = /etc/ssl/other.pem\n")
        let before = world.scratch.text("postfix/main.cf")
        let edit = PostfixEdit(folder: folder)
        let error = await #expect(throws: Adoption.Failure.self) {
            try await edit.apply("/x.pem", insteadOf: ["\(world.scratch.path)/tree/live/mail"])
        }
        #expect(error?.text.contains("smtpd_tls_dcert_file = /etc/ssl/other.pem") == true)
        #expect(world.scratch.text("postfix/main.cf") == before)
    }

    @Test func refusedConfigurationIsPutBack() async throws {
        let world = try LoopWorld()
        let first = try world.renew()
        world.serve(first)
        try world.scratch.write(
            "dovecot/dovecot.conf",
            "ssl_cert = <\(world.scratch.path)/tree/live/mail/fullchain.pem\nssl_key = <\(world.scratch.path)/tree/live/mail/privkey.pem\nno sense at all {\n"
        )
        let before = world.scratch.text("dovecot/dovecot.conf")
        let settings = EvidenceSettings(
            configurations: [.dovecot: ["\(world.scratch.path)/dovecot/dovecot.conf"]], asksServers: false)
        let adoption = Adoption(try world.loop(), evidence: settings)
        let error = await #expect(throws: Adoption.Failure.self) { try await adoption.adopt("mail") }
        #expect(error?.code == "check-failed")
        #expect(world.scratch.text("dovecot/dovecot.conf") == before)
        #expect(world.scratch.names.contains { $0.contains("adopted/") })
    }

    @Test func unknownServedKeyStopsBeforeAnythingIsTouched() async throws {
        let world = try LoopWorld()
        try world.renew()
        world.serve(try DeployAuthority.shared.chain())
        let folder = try postfix(world)
        let before = world.scratch.text("postfix/main.cf")
        let settings = EvidenceSettings(configurations: [.postfix: ["\(folder)/main.cf"]], asksServers: false)
        let adoption = Adoption(try world.loop(), evidence: settings)
        let error = await #expect(throws: Adoption.Failure.self) { try await adoption.adopt("mail") }
        #expect(error?.code == "mismatch")
        #expect(world.scratch.text("postfix/main.cf") == before)
        #expect(world.scratch.facts("tls/mail.pem") == nil)
    }
}
