import Foundation
import StewardCertificates
import Synchronization
import Testing

@testable import StewardDANE

@Suite struct DeployerTests {
    let authority = DeployAuthority.shared

    @Test func newFileHoldsKeyFirstThenTheChainAndIsItsOwnersAlone() throws {
        let scratch = try DeployScratch()
        let bundle = try authority.chain()
        try Deployer(file: "\(scratch.path)/tls/mail.pem").install(bundle)
        let text = try #require(scratch.text("tls/mail.pem"))
        let labels = text.split(separator: "\n").filter { $0.hasPrefix("-----BEGIN") }
        #expect(
            labels == ["-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----"])
        #expect(try #require(scratch.facts("tls/mail.pem")).mode == 0o600)
        #expect(try KeyedChain(file: Array(text.utf8)) == bundle)
        #expect(scratch.names == ["tls", "tls/mail.pem"])
    }

    @Test func modeStaysAsItIsButIsNeverOpenToAll() throws {
        let scratch = try DeployScratch()
        try scratch.write("mail.pem", "old", mode: 0o644)
        chmod("\(scratch.path)/mail.pem", 0o664)
        try Deployer(file: "\(scratch.path)/mail.pem").install(authority.chain())
        #expect(try #require(scratch.facts("mail.pem")).mode == 0o660)
    }

    @Test(.enabled(if: getuid() == 0)) func ownerIsTheSettingsOrAsItWas() throws {
        let scratch = try DeployScratch()
        try scratch.write("mail.pem", "old", mode: 0o600)
        chown("\(scratch.path)/mail.pem", 1234, 2345)
        try Deployer(file: "\(scratch.path)/mail.pem").install(authority.chain())
        let kept = try #require(scratch.facts("mail.pem"))
        #expect(kept.user == 1234 && kept.group == 2345)
        let owner = FileOwner(user: 77, group: 78, name: "somebody")
        try Deployer(file: "\(scratch.path)/mail.pem", owner: owner).install(authority.chain())
        let changed = try #require(scratch.facts("mail.pem"))
        #expect(changed.user == 77 && changed.group == 78)
    }

    @Test func symlinkIsRefusedAndWhatItLeadsToIsUntouched() throws {
        let scratch = try DeployScratch()
        try scratch.write("elsewhere.pem", "precious")
        symlink("elsewhere.pem", "\(scratch.path)/mail.pem")
        let deployer = Deployer(file: "\(scratch.path)/mail.pem")
        let error = #expect(throws: Deployer.Failure.self) { try deployer.install(authority.chain()) }
        #expect(error?.text.contains("symlink") == true)
        #expect(scratch.text("elsewhere.pem") == "precious")
        #expect(throws: Deployer.Failure.self) { try deployer.read() }
    }

    @Test func symlinkUnderTheTemporaryNameIsNotWrittenThrough() throws {
        let scratch = try DeployScratch()
        try scratch.write("elsewhere.pem", "precious")
        symlink("elsewhere.pem", "\(scratch.path)/.mail.pem.steward-new")
        try Deployer(file: "\(scratch.path)/mail.pem").install(authority.chain())
        #expect(scratch.text("elsewhere.pem") == "precious")
        #expect(scratch.names == ["elsewhere.pem", "mail.pem"])
    }

    @Test func readersAlwaysSeeAWholeFile() async throws {
        let scratch = try DeployScratch()
        let file = "\(scratch.path)/mail.pem"
        let bundles = try (0..<4).map { _ in try authority.chain() }
        let wholes = Set(bundles.map(\.bytes))
        try Deployer(file: file).install(bundles[0])
        let end = End()
        await withTaskGroup(of: Int.self) { group in
            group.addTask {
                var torn = 0
                while !end.isReached.load(ordering: .relaxed) {
                    let bytes = (try? Data(contentsOf: URL(fileURLWithPath: file))).map { [UInt8]($0) } ?? []
                    if !wholes.contains(bytes) { torn += 1 }
                }
                return torn
            }
            group.addTask {
                for round in 0..<200 { try? Deployer(file: file).install(bundles[round % 4]) }
                end.isReached.store(true, ordering: .relaxed)
                return 0
            }
            for await torn in group { #expect(torn == 0) }
        }
    }

    @Test func absentFileIsNoFailureAndAWrongOneIs() throws {
        let scratch = try DeployScratch()
        #expect(try Deployer(file: "\(scratch.path)/none/mail.pem").read() == nil)
        #expect(try Deployer(file: "\(scratch.path)/mail.pem").read() == nil)
        try scratch.write("mail.pem", "no pem")
        let error = #expect(throws: Deployer.Failure.self) { try Deployer(file: "\(scratch.path)/mail.pem").read() }
        #expect(error?.text.contains("holds no private key") == true)
    }

    @Test func reloadRunsAllAndTellsWhatFailed() async throws {
        let scratch = try DeployScratch()
        let reloads = try [
            "sh -c 'echo no room >&2; exit 3'", "sh -c 'echo x > \(scratch.path)/ran'", "no-such-program-here",
        ]
        .map { try #require(Reload(text: $0)) }
        let failures = await Deployer(file: "/x/y", reloads: reloads).reload()
        #expect(failures.count == 2)
        #expect(failures.first?.contains("exit status 3: no room") == true)
        #expect(failures.last?.contains("there is no program 'no-such-program-here'") == true)
        #expect(scratch.text("ran") == "x\n")
    }

    @Test func reloadThatHangsIsEnded() async throws {
        var deployer = Deployer(file: "/x/y", reloads: [try #require(Reload(text: "sleep 600"))])
        deployer.patience = 0.3
        let start = ContinuousClock.now
        let failures = await deployer.reload()
        #expect(failures.count == 1)
        #expect(ContinuousClock.now - start < .seconds(200))
    }
}

/// Tells a reader that the writer is done.
private final class End: Sendable { let isReached = Atomic<Bool>(false) }

@Suite struct ReloadTests {
    @Test(arguments: [
        ("postfix", ["postfix", "reload"]), ("dovecot", ["doveadm", "reload"]),
        ("docker mail postfix", ["docker", "exec", "mail", "postfix", "reload"]),
        ("docker mail dovecot", ["docker", "exec", "mail", "doveadm", "reload"]),
        ("docker mail supervisorctl restart smtpd", ["docker", "exec", "mail", "supervisorctl", "restart", "smtpd"]),
        ("docker kill -s HUP mail", ["docker", "kill", "-s", "HUP", "mail"]),
        ("sh -c 'a b' \"c \\\" d\" e\\ f", ["sh", "-c", "a b", "c \" d", "e f"]),
    ]) func settingMeansWords(_ text: String, _ words: [String]) {
        #expect(Reload(text: text)?.words == words)
    }

    @Test(arguments: ["", "  ", "sh -c 'open", "x \\"]) func whatIsNoCommandIsRefused(_ text: String) {
        #expect(Reload(text: text) == nil)
    }
}

@Suite struct KeyedChainTests {
    let authority = DeployAuthority.shared

    @Test func anotherCertificatesKeyIsRefused() {
        let (one, other) = (authority.issue(), authority.issue())
        let error = #expect(throws: KeyedChain.Flaw.self) {
            try KeyedChain(key: Array(one.key.utf8), chain: Array((other.cert + other.chain).utf8))
        }
        #expect(error?.kind == .mismatch)
    }

    @Test func damagedAndMissingPartsAreNamed() {
        let issued = authority.issue()
        let damaged = issued.cert.replacing("MII", with: "M*I")
        for (key, chain, kind) in [
            ("", issued.cert, KeyedChain.Flaw.Kind.noKey), (issued.key, "", .noCertificate),
            (issued.key, damaged, .damaged),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", issued.cert,
                .encryptedKey
            ),
        ] {
            let error = #expect(throws: KeyedChain.Flaw.self) {
                try KeyedChain(key: Array(key.utf8), chain: Array(chain.utf8))
            }
            #expect(error?.kind == kind)
        }
    }

    @Test func keptBundleIsFoundAgainAndOthersAreForgotten() throws {
        let scratch = try DeployScratch()
        let kept = KeptChains(path: "\(scratch.path)/kept")
        let (one, other) = (try authority.chain(), try authority.chain())
        try kept.keep(one)
        try kept.keep(other)
        try kept.keep(one)
        #expect(try #require(scratch.facts("kept")).mode == 0o700)
        kept.forget(except: [one.facts.fingerprint])
        #expect(try kept.chain(one.facts.fingerprint) == one)
        let error = #expect(throws: KeptChains.Failure.self) { try kept.chain(other.facts.fingerprint) }
        #expect(error?.code == "not-kept")
    }
}
