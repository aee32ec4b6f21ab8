import Foundation
import Testing

@testable import StewardCertificates

@Suite struct InventoryReaderTests {
    @Test func aSoundLineageHasItsFactsAndNoFindings() throws {
        let tree = try InventoryTree()
        let issued = try tree.add("a.example", names: ["a.example", "www.a.example"], versions: 3)
        let inventory = tree.read()
        let lineage = try #require(inventory.lineages.first)
        #expect(inventory.lineages.count == 1 && inventory.orphans.isEmpty && inventory.unread.isEmpty)
        #expect(inventory.findings.isEmpty && lineage.findings.isEmpty, "\(lineage.findings)")
        #expect(lineage.name == "a.example" && lineage.tree == tree.path)
        #expect(lineage.version == 3 && lineage.versions == [1, 2, 3] && lineage.keyMatches == true)
        #expect(lineage.certificate == CertificateReader.read(Array(issued.cert.utf8)))
        #expect(lineage.renewal?.authenticator == "webroot")
        #expect(lineage.folders == ["\(tree.path)/live/a.example", "\(tree.path)/archive/a.example"])
        #expect(lineage.confPath == "\(tree.path)/renewal/a.example.conf")
        #expect(lineage.livePath == lineage.folders[0] && lineage.archivePath == lineage.folders[1])
        #expect(InventoryReader().versions(of: lineage).count == 3)
    }

    @Test func pathsAsCertbotsContainerKnowsThemAreTheTrees() throws {
        let tree = try InventoryTree(own: "/etc/letsencrypt")
        try tree.add("a.example")
        try tree.link("live/a.example/cert.pem", to: "/etc/letsencrypt/archive/a.example/cert1.pem")
        let inventory = tree.read()
        let lineage = try #require(inventory.lineages.first)
        #expect(lineage.codes == ["live-absolute"] && lineage.version == 1)
        #expect(lineage.folders.contains("/etc/letsencrypt/live/a.example"))
        #expect(lineage.folders.contains("\(tree.path)/archive/a.example"))
        #expect(inventory.findings.map(\.code) == ["tree-foreign"])
    }

    @Test func aTreeThatASymlinkNamesIsKnownByBothPaths() throws {
        let tree = try InventoryTree()
        try tree.add("a.example")
        let link = tree.path + "-link"
        #expect(symlink(tree.path, link) == 0)
        defer { unlink(link) }
        let inventory = InventoryReader().read(
            [CertbotTree(path: link)], now: Date(timeIntervalSince1970: 1_750_000_000))
        let lineage = try #require(inventory.lineages.first)
        #expect(lineage.codes.isEmpty && lineage.folders.contains("\(tree.path)/live/a.example"))
        #expect(lineage.folders.contains("\(link)/live/a.example"))
    }

    @Test func manyLineagesAreTheSameWithOneThreadAndWithFour() throws {
        let tree = try InventoryTree()
        for number in 0..<70 { try tree.add("n\(number).example") }
        let one = tree.read(threads: 1)
        #expect(one.lineages.count == 70 && one.lineages.allSatisfy { $0.findings.isEmpty })
        #expect(one == tree.read(threads: 4))
        #expect(one.lineages.map(\.name) == one.lineages.map(\.name).sorted())
    }

    @Test func whatIsNoTreeIsSaid() throws {
        let now = Date()
        let none = InventoryReader().read([CertbotTree(path: "/nonexistent/letsencrypt")], now: now)
        #expect(none.findings.map(\.code) == ["tree-missing"] && none.unread.count == 1)
        let tree = try InventoryTree()
        for folder in ["renewal", "live", "archive"] { try tree.remove(folder) }
        #expect(tree.read().findings.map(\.code) == ["tree-empty"])
        try tree.write("live", "x")
        try tree.link("archive", to: "/tmp")
        let odd = tree.read()
        #expect(odd.findings.map(\.code) == ["tree-folder", "tree-folder"] && odd.unread.count == 2)
    }

    @Test func foldersThatOneMayNotReadAreUnreadAndNotMissing() throws {
        guard geteuid() != 0 else { return }
        let tree = try InventoryTree()
        try tree.add("a.example")
        chmod("\(tree.path)/live", 0)
        chmod("\(tree.path)/archive", 0)
        let inventory = tree.read()
        #expect(inventory.unread.map(\.place) == ["\(tree.path)/live", "\(tree.path)/archive"])
        #expect(inventory.lineages.first?.codes.isEmpty == true)
    }

    @Test func namesThatAreNotUTF8AreShownAndKept() throws {
        let tree = try InventoryTree()
        try tree.add("caf.example")
        for place in ["live/caf.example", "archive/caf.example", "renewal/caf.example.conf"] {
            let old = "\(tree.path)/\(place)"
            var bytes = Array(old.utf8CString)
            let at = try #require(Array(old.utf8).lastRange(of: Array("caf".utf8)))
            bytes[at.upperBound - 1] = CChar(bitPattern: 0xE9)
            #expect(rename(old, bytes) == 0)
        }
        let lineage = try #require(tree.read().lineages.first)
        #expect(lineage.name == "ca\\xe9.example")
        #expect(lineage.nameBytes == [0x63, 0x61, 0xE9] + Array(".example".utf8))
        #expect(lineage.codes.contains("name-not-utf8") && lineage.certificate != nil)
    }

    @Test func leftoversAndAccountsAreSaid() throws {
        let tree = try InventoryTree()
        try tree.makeFolder("keys")
        try tree.makeFolder("csr")
        try tree.write("keys/0000_key-certbot.pem", "x", mode: 0o644)
        try tree.write("csr/0000_csr-certbot.pem", "x")
        try tree.makeFolder("accounts/acme.example/directory/abc")
        try tree.write("accounts/acme.example/directory/abc/private_key.json", "{}", mode: 0o644)
        chmod(tree.path, 0o755)
        try tree.add("a.example")
        let conf = InventoryTree.conf("a.example", own: tree.own)
        try tree.write(
            "renewal/a.example.conf", conf.replacing("authenticator =", with: "account = nope\nauthenticator ="))
        try tree.write("renewal/b.conf.new", "x")
        try tree.write("renewal/.hidden.conf", "x")
        try tree.write("live/README", "x")
        try tree.write("archive/stray", "x")
        let inventory = tree.read()
        #expect(Set(inventory.findings.map(\.code)) == ["leftover-key-readable", "account-key-readable"])
        #expect(inventory.orphans.map(\.kind).sorted() == ["csr", "file", "file", "file", "key"])
        #expect(inventory.lineages.first?.codes == ["account-missing"])
        try tree.write(
            "renewal/a.example.conf", conf.replacing("authenticator =", with: "account = abc\nauthenticator ="))
        #expect(tree.lineage("a.example")?.codes == [])
    }

    @Test func everyFindingHasItsPlaceInTheTable() {
        for code in InventoryFinding.allCases {
            #expect(InventoryFinding.table[code] != nil, "\(code)")
            #expect(code.meaning.hasSuffix("."), "\(code)")
        }
        #expect(InventoryFinding.table.count == InventoryFinding.allCases.count)
    }
}

extension Array where Element: Equatable {
    fileprivate func lastRange(of word: [Element]) -> Range<Int>? {
        guard count >= word.count else { return nil }
        return (0...(count - word.count)).reversed().first { Array(self[$0..<($0 + word.count)]) == word }
            .map { $0..<($0 + word.count) }
    }
}
