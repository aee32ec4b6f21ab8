import Crypto
import Foundation
import StewardCertificates
import Testing

@testable import StewardDANE

@Suite struct IssueTests {
    private func conf(_ parameters: String, own: String = "/etc/letsencrypt") -> String {
        """
        version = 5.8.0
        archive_dir = \(own)/archive/mail
        fullchain = \(own)/live/mail/fullchain.pem

        # Options used in the renewal process
        [renewalparams]
        account = 0123abcd
        \(parameters)

        """
    }

    private func read(_ scratch: DeployScratch, _ text: String) throws -> LineageConf {
        try scratch.write("tree/renewal/mail.conf", text)
        return try LineageConf(tree: "\(scratch.path)/tree", name: "mail")
    }

    @Test func optionsAskAsTheLineageWasAskedFor() throws {
        let scratch = try DeployScratch()
        let dns = try read(
            scratch,
            conf(
                "authenticator = dns-rfc2136\nserver = https://ca/dir\nkey_type = ecdsa\ndns_rfc2136_credentials = /etc/x.ini\ndns_rfc2136_propagation_seconds = 5\npref_challs = dns-01,\nrenew_hook = /bin/deploy\nhttp01_port = None"
            ))
        #expect(
            dns.options == [
                "--account=0123abcd", "--authenticator=dns-rfc2136", "--server=https://ca/dir",
                "--dns-rfc2136-credentials=/etc/x.ini", "--dns-rfc2136-propagation-seconds=5",
                "--preferred-challenges=dns-01",
            ])
        let web = try read(
            scratch,
            conf(
                "authenticator = webroot\nwebroot_path = /var/www,\n[[webroot_map]]\nmail.example = /var/www",
                own: "/data"))
        #expect(web.ownTree == "/data")
        #expect(
            web.options == [
                "--account=0123abcd", "--authenticator=webroot", "--webroot-map={\"mail.example\":\"/var/www\"}",
            ])
    }

    @Test func renewalsAreToldToKeepTheKeyAndNothingElseChanges() throws {
        let scratch = try DeployScratch()
        for (before, after) in [
            ("authenticator = standalone", "reuse_key = True\naccount"),
            ("authenticator = standalone\nreuse_key = False", "reuse_key = True"),
        ] {
            let text = conf(before)
            try read(scratch, text).keepKey()
            let changed = try #require(scratch.text("tree/renewal/mail.conf"))
            #expect(changed.contains("reuse_key = True"))
            #expect(!changed.contains("reuse_key = False"))
            #expect(changed.contains(after))
            let rest = changed.replacing("reuse_key = True\n", with: "")
            #expect(rest == text.replacing("reuse_key = False\n", with: ""))
            let again = try LineageConf(tree: "\(scratch.path)/tree", name: "mail")
            #expect(again.keepsKey)
        }
    }

    @Test func confWithoutAuthenticatorIsRefused() throws {
        let scratch = try DeployScratch()
        #expect(throws: Issuer.Failure.self) { try read(scratch, conf("key_type = rsa")) }
        #expect(throws: Issuer.Failure.self) { try read(scratch, "[renewalparams\nx") }
    }

    @Test func newVersionIsInstalledOnceHoweverOftenItIsInterrupted() async throws {
        let world = try LoopWorld()
        try world.renew()
        let tree = "\(world.scratch.path)/tree"
        let next = try DeployAuthority.shared.chain()
        let version = LineageVersion(tree: tree, name: "mail")
        try version.install(next)
        // As if it had stopped after some files.
        unlink("\(tree)/archive/mail/fullchain2.pem")
        unlink("\(tree)/live/mail/chain.pem")
        try version.install(next)
        try version.install(next)
        let files = LineageFiles(tree: tree, name: "mail")
        #expect(try await files.current() == next)
        #expect(files.versions() == [1, 2])
        #expect(FileFacts(path: "\(tree)/archive/mail/privkey2.pem")?.mode == 0o600)
        let inventory = InventoryReader().read([CertbotTree(path: tree)], now: Date())
        let lineage = try #require(inventory.lineages.first)
        #expect(lineage.version == 2 && lineage.keyMatches == true)
        #expect(!lineage.findings.contains { $0.code.hasPrefix("live") || $0.code.hasPrefix("archive") })
    }

    @Test(arguments: [StagedKeys.Kind.p256, .p384, .rsa(bits: 2048)])
    func stagedKeySignsARequestForAllNames(_ kind: StagedKeys.Kind) throws {
        let scratch = try DeployScratch()
        let staged = StagedKeys(path: "\(scratch.path)/staged")
        let key = try staged.make(kind, forms: [.recommended], now: Date())
        #expect(key.records.first?.bytes == key.spki.bytes)
        #expect(staged.keys(forms: [.recommended]).map(\.spki) == [key.spki])
        #expect(scratch.facts("staged/\(key.spki).pem")?.mode == 0o600)
        let request = try CertificateRequest.pem(key: staged.text(of: key.spki), names: ["a.example", "b.example"])
        #expect(String(decoding: request, as: UTF8.self).hasPrefix("-----BEGIN CERTIFICATE REQUEST-----"))
    }
}
