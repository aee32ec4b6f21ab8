import Foundation
import Testing

@testable import StewardCertificates

@Suite("Copies outside the trees")
struct LiveCopyReaderTests {
    let tree: InventoryTree
    let scratch: LiveScratch
    let issued: InventoryAuthority.Issued

    init() throws {
        tree = try InventoryTree()
        scratch = try LiveScratch()
        issued = try tree.add("mail.example")
    }

    private var facts: CertificateFacts {
        get throws { try #require(tree.lineage("mail.example")?.certificate) }
    }

    @Test("a copied chain, bundle or DER form is recognised by its fingerprint")
    func certificates() throws {
        let fingerprint = Evidence.Target.fingerprint(try facts.fingerprint)
        let der = try #require(PEM.blocks(Array(issued.cert.utf8)).first?.der)
        let files = [
            try scratch.write("a/chain.pem", issued.fullchain),
            try scratch.write("b/bundle", "# key first\n" + issued.privkey + issued.cert),
            try scratch.write("c.der", der),
        ]
        let found = scratch.copies(of: tree)
        #expect(Set(found.evidence.map(\.place.text)) == Set(files))
        #expect(found.evidence.allSatisfy { $0.target == fingerprint && $0.kind == .copy })
        #expect(found.unread.isEmpty)
    }

    @Test("a private key alone is recognised by its public part")
    func keys() throws {
        let file = try scratch.write("key.pem", issued.privkey)
        let found = scratch.copies(of: tree).evidence
        #expect(found == [Evidence(.copy, at: Place(file), target: .spki(try facts.spki), detail: "private key")])
    }

    @Test("an older version's copy points into the archive and is told to be stale")
    func olderVersions() throws {
        let old = issued
        _ = try tree.renew("mail.example", version: 2)
        let file = try scratch.write("old.pem", old.fullchain)
        let key = try scratch.write("old.key", old.privkey)
        let found = scratch.copies(of: tree)
        let archive = Evidence.Target.path("\(tree.path)/archive/mail.example/cert1.pem")
        #expect(Set(found.evidence.map(\.place.text)) == [file, key])
        #expect(found.evidence.allSatisfy { $0.target == archive })
        #expect(found.findings.map(\.code) == ["stale-copy"])
    }

    @Test("strangers' certificates and files that only look like some say nothing")
    func strangers() throws {
        let other = InventoryAuthority.shared.issue(["other.example"])
        try scratch.write("other.pem", other.fullchain + other.privkey)
        try scratch.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        try scratch.write("random", (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 131) })
        try scratch.write("der", [0x30, 0x82, 0xff, 0xff] + [UInt8](repeating: 1, count: 500))
        try scratch.write("empty", "")
        let found = scratch.copies(of: tree)
        #expect(found.evidence.isEmpty)
        #expect(found.unread.isEmpty)
        #expect(found.findings.isEmpty)
    }

    @Test("stores and keys behind a passphrase are unread, not passed over")
    func locked() throws {
        // In definite and in indefinite lengths: Java and NSS write the latter.
        let pfx: [UInt8] = [0x30, 0x81, 0x86, 2, 1, 3, 0x30, 0x81, 0x80] + [UInt8](repeating: 0, count: 128)
        let indefinite: [UInt8] = [0x30, 0x80, 2, 1, 3, 0x30, 0x80] + [UInt8](repeating: 0, count: 128)
        let stores = [try scratch.write("store.p12", pfx), try scratch.write("other.pfx", indefinite)]
        let words = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
        let key = try scratch.write("locked.key", words)
        #expect(Set(scratch.copies(of: tree).unread.map(\.place)) == Set(stores + [key]))
    }

    @Test("certificates in a Java keystore are read")
    func keystore() throws {
        let der = try #require(PEM.blocks(Array(issued.cert.utf8)).first?.der)
        let length = [
            UInt8(der.count >> 24), UInt8(der.count >> 16 & 255), UInt8(der.count >> 8 & 255), UInt8(der.count & 255),
        ]
        let file = try scratch.write(
            "store.jks", [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2] + Array("X.50X.509".utf8) + length + der)
        #expect(scratch.copies(of: tree).evidence.map(\.place.text) == [file])
    }

    @Test("hard links are told, symlinks into the tree are signs, other symlinks are not followed")
    func links() throws {
        try FileManager.default.linkItem(
            atPath: "\(tree.path)/archive/mail.example/cert1.pem", toPath: "\(scratch.path)/hard.pem")
        symlink("\(tree.path)/live/mail.example/privkey.pem", "\(scratch.path)/soft.pem")
        symlink("/etc/passwd", "\(scratch.path)/passwd")
        symlink(".", "\(scratch.path)/loop")
        let found = scratch.copies(of: tree).evidence
        #expect(found.count == 2)
        #expect(found.contains { $0.place.text.hasSuffix("hard.pem") && $0.detail.contains("same file") })
        #expect(
            found.contains {
                $0.place.text.hasSuffix("soft.pem")
                    && $0.target == .path("\(tree.path)/live/mail.example/privkey.pem")
            })
    }

    @Test("a tree that lies below a searched folder is no copy of itself")
    func treeItself() throws {
        let found = scratch.copies(of: tree) { $0.copyFolders = [tree.path] }
        #expect(found.evidence.isEmpty)
    }

    @Test("odd names, pipes and closed folders hold nothing up")
    func odd() throws {
        mkfifo("\(scratch.path)/pipe.pem", 0o644)
        let name: [CChar] = Array(scratch.path.utf8CString.dropLast()) + [47, -1, -2, 46, 112, 101, 109, 0]
        let descriptor = open(name, O_CREAT | O_WRONLY, 0o644)
        _ = issued.cert.withCString { Foundation.write(descriptor, $0, strlen($0)) }
        close(descriptor)
        #expect(scratch.copies(of: tree).evidence.map(\.place.text) == ["\(scratch.path)/\\xff\\xfe.pem"])
    }

    @Test("a search that is cut off says so")
    func cutOff() throws {
        for index in 0..<20 { try scratch.write("file\(index)", "nothing") }
        let found = scratch.copies(of: tree) { $0.copyFileLimit = 10 }
        #expect(found.unread.map(\.place) == [scratch.path])
    }
}
