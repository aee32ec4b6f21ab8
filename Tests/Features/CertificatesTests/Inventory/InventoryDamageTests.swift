import Foundation
import Testing

@testable import StewardCertificates

/// One thing that goes wrong with the lineage `a.example` beside the sound `b.example`, and the codes that name it.
struct InventoryDamage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let codes: Set<String>
    /// The version that live leads to afterwards.
    var version: Int?
    /// Whether a certificate can still be read.
    var isReadable = true
    let make: @Sendable (InventoryTree) throws -> Void

    init(
        _ name: String, _ codes: Set<String>, version: Int? = 2, isReadable: Bool = true,
        _ make: @escaping @Sendable (InventoryTree) throws -> Void
    ) {
        testDescription = name
        self.codes = codes
        self.version = version
        self.isReadable = isReadable
        self.make = make
    }

    static func changed(_ old: String, _ new: String) -> @Sendable (InventoryTree) throws -> Void {
        { tree in
            let conf = InventoryTree.conf("a.example", own: tree.own)
            let changed = conf.replacing(old, with: new.replacing("TREE", with: tree.path))
            #expect(conf != changed)
            try tree.write("renewal/a.example.conf", changed)
        }
    }

    static let confs = [
        Self("conf gone", ["conf-missing"]) { try $0.remove("renewal/a.example.conf") },
        Self("conf empty", ["conf-empty"]) { try $0.write("renewal/a.example.conf", "") },
        Self("conf without a kind", ["conf-incomplete"], changed("chain = ", "# chain = ")),
        Self("conf unparsable", ["conf-unparsable"], changed("[renewalparams]", "[[renewalparams]")),
        Self("conf without parameters", ["conf-no-parameters"], changed("authenticator", "x")),
        Self("conf interpolates", ["conf-interpolation"], changed("systemctl reload nginx", "x %(y)s")),
        Self("conf huge", ["conf-too-large"]) {
            try $0.write("renewal/a.example.conf", [UInt8](repeating: 35, count: 2 << 20))
        },
        Self("conf a folder", ["conf-not-file"]) {
            try $0.remove("renewal/a.example.conf")
            try $0.makeFolder("renewal/a.example.conf")
        },
        Self("conf a FIFO", ["conf-not-file"]) {
            try $0.remove("renewal/a.example.conf")
            #expect(mkfifo("\($0.path)/renewal/a.example.conf", 0o600) == 0)
        },
        Self("conf a symlink", ["conf-link"]) {
            try $0.write("renewal/elsewhere", InventoryTree.conf("a.example", own: $0.own))
            try $0.link("renewal/a.example.conf", to: "elsewhere")
        },
        Self("conf a symlink out of the tree", ["conf-link", "conf-unread"]) {
            try $0.link("renewal/a.example.conf", to: "/etc/hostname")
        },
        Self("conf writable", ["conf-writable"]) { chmod("\($0.path)/renewal/a.example.conf", 0o666) },
        Self(
            "another's archive", ["archive-other", "archive-shared"],
            changed("/archive/a.example", "/archive/b.example")),
        Self("archive moved", ["archive-moved"], changed("/archive/a.example", "/archive/gone")),
        Self("all archives", ["archive-moved"], changed("/archive/a.example", "/archive")),
        Self("archive outside", ["archive-outside"], changed("archive_dir = ", "archive_dir = /opt")),
        Self("paths outside", ["conf-path-outside"], changed("cert = ", "cert = /opt")),
        Self("another's live", ["conf-path-other"], changed("/live/a.example", "/live/b.example")),
        Self("live moved", ["conf-path-moved"], changed("/live/a.example", "/live/gone")),
        Self("wrong kind in the conf", ["conf-path-kind"], changed("privkey.pem", "cert.pem")),
        Self("not renewed", ["renewal-off"], changed("[renewalparams]", "[renewalparams]\nautorenew = False")),
    ]

    static let links = [
        Self("live gone", ["live-missing"], version: nil) { try $0.remove("live/a.example") },
        Self("live a file", ["live-not-folder"], version: nil) {
            try $0.remove("live/a.example")
            try $0.write("live/a.example", "")
        },
        Self("live a symlink out of the tree", ["live-not-folder"], version: nil) {
            try $0.remove("live/a.example")
            try $0.link("live/a.example", to: "/etc")
        },
        Self("a kind gone", ["live-kind-missing"], version: nil) { try $0.remove("live/a.example/chain.pem") },
        Self("broken", ["live-broken"], version: nil) {
            try $0.link("live/a.example/cert.pem", to: "../../archive/a.example/cert9.pem")
        },
        Self("circle", ["live-broken"], version: nil) { try $0.link("live/a.example/cert.pem", to: "cert.pem") },
        Self("to a folder", ["live-broken"], version: nil) {
            try $0.link("live/a.example/cert.pem", to: "../../archive")
        },
        Self("absolute", ["live-absolute"]) {
            try $0.link("live/a.example/cert.pem", to: "\($0.path)/archive/a.example/cert2.pem")
        },
        Self("chained", ["live-chained", "live-extra"]) {
            try $0.link("live/a.example/cert-now.pem", to: "../../archive/a.example/cert2.pem")
            try $0.link("live/a.example/cert.pem", to: "cert-now.pem")
        },
        Self("swapped", ["live-wrong-kind", "cert-unreadable", "key-unreadable"]) {
            try $0.link("live/a.example/cert.pem", to: "../../archive/a.example/privkey2.pem")
            try $0.link("live/a.example/privkey.pem", to: "../../archive/a.example/cert2.pem")
        },
        Self("another's key", ["live-other", "key-mismatch"]) {
            try $0.link("live/a.example/privkey.pem", to: "../../archive/b.example/privkey2.pem")
        },
        Self("out of the tree", ["live-outside", "live-absolute", "cert-unreadable"], version: nil) {
            try $0.link("live/a.example/cert.pem", to: "/etc/hostname")
        },
        Self("mixed versions", ["live-mixed-versions", "key-mismatch"], version: nil) {
            try $0.link("live/a.example/privkey.pem", to: "../../archive/a.example/privkey1.pem")
        },
        Self("behind", ["live-behind"], version: 1) { tree in
            for kind in Lineage.Kind.allCases {
                try tree.link("live/a.example/\(kind.file)", to: "../../archive/a.example/\(kind.rawValue)1.pem")
            }
        },
        Self("files instead of symlinks", ["live-not-link"], version: nil) { tree in
            for kind in Lineage.Kind.allCases {
                try tree.remove("live/a.example/\(kind.file)")
                let path = "\(tree.path)/archive/a.example/\(kind.rawValue)2.pem"
                try FileManager.default.copyItem(atPath: path, toPath: "\(tree.path)/live/a.example/\(kind.file)")
            }
        },
        Self("an odd target", ["live-odd-target"], version: nil) {
            try $0.link("live/a.example/README2", to: "x")
            try $0.remove("live/a.example/README2")
            try $0.write("archive/a.example/now.pem", InventoryAuthority.shared.issue(["x"]).chain)
            try $0.link("live/a.example/chain.pem", to: "../../archive/a.example/now.pem")
            #expect($0.lineage("a.example")?.codes.contains("archive-extra") == true)
        },
    ]

    static let contents = [
        Self("archive gone", ["archive-missing", "live-broken"], version: nil, isReadable: false) {
            try $0.remove("archive/a.example")
        },
        Self("archive a file", ["archive-not-folder", "live-broken"], version: nil, isReadable: false) {
            try $0.remove("archive/a.example")
            try $0.write("archive/a.example", "")
        },
        Self("newest incomplete", ["archive-incomplete"]) {
            try $0.write("archive/a.example/cert3.pem", InventoryAuthority.shared.issue(["a.example"]).cert)
        },
        Self("a FIFO for a certificate", ["archive-not-file", "live-broken"], version: nil) {
            try $0.remove("archive/a.example/cert2.pem")
            #expect(mkfifo("\($0.path)/archive/a.example/cert2.pem", 0o600) == 0)
        },
        Self("extra file", ["archive-extra"]) { try $0.write("archive/a.example/cert2.pem.bak", "x") },
        Self("leading zero", ["archive-extra"]) { try $0.write("archive/a.example/cert02.pem", "x") },
        Self("number too large", ["archive-extra"]) {
            try $0.write("archive/a.example/cert99999999999999999999.pem", "x")
        },
        Self("empty certificate", ["file-empty"]) {
            try $0.write("archive/a.example/cert2.pem", "")
        },
        Self("truncated certificate", ["cert-unreadable"]) {
            let text = try String(contentsOfFile: "\($0.path)/archive/a.example/cert2.pem", encoding: .utf8)
            try $0.write("archive/a.example/cert2.pem", String(text.prefix(200)))
        },
        Self("huge certificate", ["file-too-large"]) {
            try $0.write("archive/a.example/cert2.pem", [UInt8](repeating: 32, count: 2 << 20))
        },
        Self("another key", ["key-mismatch"]) {
            let other = InventoryAuthority.shared.issue(["a.example"]).privkey
            try $0.write("archive/a.example/privkey2.pem", other, mode: 0o600)
        },
        Self("no key", ["key-missing", "live-broken", "archive-incomplete"], version: nil) {
            try $0.remove("archive/a.example/privkey2.pem")
        },
        Self("no key in the file", ["key-unreadable"]) {
            try $0.write("archive/a.example/privkey2.pem", "x", mode: 0o600)
        },
        Self("chain in the wrong order", ["chain-order"]) {
            let authority = InventoryAuthority.shared
            let text = InventoryAuthority.pem(authority.root) + InventoryAuthority.pem(authority.intermediate)
            try $0.write("archive/a.example/chain2.pem", text)
        },
        Self("another chain", ["chain-order"]) {
            try $0.write("archive/a.example/chain2.pem", InventoryAuthority.pem(InventoryAuthority.shared.root))
        },
        Self("full chain in the wrong order", ["chain-order", "fullchain-mismatch"]) { tree in
            let read = { (kind: String) in
                try String(contentsOfFile: "\(tree.path)/archive/a.example/\(kind)2.pem", encoding: .utf8)
            }
            try tree.write("archive/a.example/fullchain2.pem", read("chain") + read("cert"))
        },
        Self("old full chain", ["fullchain-mismatch"]) { tree in
            let path = "\(tree.path)/archive/a.example/fullchain1.pem"
            let old = try String(contentsOfFile: path, encoding: .utf8)
            try tree.write("archive/a.example/fullchain2.pem", old)
        },
        Self("key that all may read", ["key-readable"]) { tree in
            for folder in ["", "/archive", "/archive/a.example"] { chmod(tree.path + folder, 0o755) }
            chmod("\(tree.path)/archive/a.example/privkey2.pem", 0o644)
        },
        Self("old key that all may read", ["key-readable"]) { tree in
            for folder in ["", "/archive", "/archive/a.example"] { chmod(tree.path + folder, 0o755) }
            chmod("\(tree.path)/archive/a.example/privkey1.pem", 0o644)
        },
        Self("key behind closed folders", ["key-mode"]) { chmod("\($0.path)/archive/a.example/privkey2.pem", 0o644) },
        Self("key that a group may read", ["key-group-readable"]) { tree in
            for folder in ["", "/archive", "/archive/a.example"] { chmod(tree.path + folder, 0o750) }
            chmod("\(tree.path)/archive/a.example/privkey2.pem", 0o640)
        },
        Self("expired", ["expired"], version: 1) { tree in
            try tree.remove("archive/a.example")
            try tree.add("a.example", to: Date(timeIntervalSince1970: 1_710_000_000))
        },
    ]
}

@Suite struct InventoryDamageTests {
    @Test(arguments: InventoryDamage.confs + InventoryDamage.links + InventoryDamage.contents)
    func isNamedAndHurtsNothingElse(_ damage: InventoryDamage) throws {
        let tree = try InventoryTree()
        try tree.add("a.example", versions: 2)
        try tree.add("b.example", versions: 2)
        try damage.make(tree)
        let lineage = try #require(tree.lineage("a.example"))
        #expect(lineage.codes.isSuperset(of: damage.codes), "\(lineage.findings)")
        #expect(lineage.version == damage.version)
        #expect((lineage.certificate != nil) == damage.isReadable)
        #expect(lineage.findings.allSatisfy { InventoryFinding(rawValue: $0.code) != nil && $0.text.hasSuffix(".") })
        let other = try #require(tree.lineage("b.example"))
        #expect(other.codes.subtracting(["archive-shared"]).isEmpty && other.version == 2 && other.keyMatches == true)
    }

    @Test func ownersThatAreNeitherRootNorTheTreesAreSaid() throws {
        guard geteuid() == 0 else { return }
        let tree = try InventoryTree()
        try tree.add("a.example")
        chown("\(tree.path)/renewal/a.example.conf", 1234, 1234)
        chown("\(tree.path)/archive/a.example/privkey1.pem", 1234, 1234)
        #expect(tree.lineage("a.example")?.codes == ["conf-owner", "key-owner"])
        chown(tree.path, 1234, 1234)
        #expect(tree.lineage("a.example")?.codes == [])
    }

    @Test func foldersWithoutConfAreLineagesAndOrphans() throws {
        let tree = try InventoryTree()
        for name in ["archive.example", "live.example", "both.example"] {
            try tree.add(name)
            try tree.remove("renewal/\(name).conf")
        }
        try tree.remove("live/archive.example")
        try tree.remove("archive/live.example")
        let inventory = tree.read()
        #expect(inventory.lineages.map(\.name) == ["archive.example", "both.example", "live.example"])
        #expect(inventory.lineages[0].codes == ["conf-missing", "live-missing"])
        #expect(inventory.lineages[1].codes == ["conf-missing"])
        #expect(inventory.orphans.map(\.kind) == ["archive", "live", "live"])
        #expect(inventory.orphans.map(\.lineage) == ["archive.example", "both.example", "live.example"])
    }

    @Test func aRenamedLineageIsOneAndHasItsOldFolders() throws {
        let tree = try InventoryTree()
        try tree.add("old.example")
        try tree.remove("renewal/old.example.conf")
        let conf = InventoryTree.conf("new.example", own: tree.own, archive: "old.example", live: "old.example")
        try tree.write("renewal/new.example.conf", conf)
        let inventory = tree.read()
        let lineage = try #require(inventory.lineages.first)
        #expect(inventory.lineages.count == 1 && inventory.orphans.isEmpty)
        #expect(lineage.name == "new.example" && lineage.version == 1 && lineage.certificate != nil)
        #expect(lineage.folders.contains("\(tree.path)/live/old.example"))
        #expect(lineage.folders.contains("\(tree.path)/archive/old.example"))
    }

    @Test func anArchiveThatAnotherLiveLeadsIntoIsNoOrphan() throws {
        let tree = try InventoryTree()
        try tree.add("a.example")
        try tree.add("old.example")
        try tree.remove("renewal/old.example.conf")
        try tree.remove("live/old.example")
        for kind in Lineage.Kind.allCases {
            try tree.link("live/a.example/\(kind.file)", to: "../../archive/old.example/\(kind.rawValue)1.pem")
        }
        let inventory = tree.read()
        #expect(inventory.lineages.map(\.name) == ["a.example"] && inventory.orphans.isEmpty)
        #expect(inventory.lineages[0].codes == ["live-other"])
        #expect(inventory.lineages[0].folders.contains("\(tree.path)/archive/old.example"))
    }

    @Test func twoConfsOnOneArchiveAreBothTold() throws {
        let tree = try InventoryTree()
        try tree.add("a.example")
        let conf = InventoryTree.conf("b.example", own: tree.own, archive: "a.example", live: "a.example")
        try tree.write("renewal/b.example.conf", conf)
        let inventory = tree.read()
        #expect(inventory.lineages.allSatisfy { $0.codes.contains("archive-shared") })
        #expect(inventory.lineages[1].codes.isSuperset(of: ["archive-other", "conf-path-other", "live-missing"]))
        #expect(inventory.lineages[0].codes == ["archive-shared"])
    }

    @Test func aSymlinkToALiveFolderIsOneMoreNameOfTheLineage() throws {
        let tree = try InventoryTree()
        try tree.add("a.example")
        try tree.link("live/alias", to: "a.example")
        let inventory = tree.read()
        #expect(inventory.findings.map(\.code) == ["live-alias"] && inventory.lineages.count == 1)
        #expect(inventory.lineages[0].folders.contains("\(tree.path)/live/alias"))
    }
}
