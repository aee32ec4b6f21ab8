import Foundation
import Testing

@testable import StewardCertificates

@Suite struct ConfigurationRootTests {
    @Test func bytesThatAreNotUTF8ComeBackUnchanged() {
        var samples: [[UInt8]] = [
            [], [0xFF], [0xC3], [0xE2, 0x82], Array("grüße".utf8) + [0x80, 0xF4, 0x8F, 0xBC, 0x80],
        ]
        samples.append(Array("\u{10FF80}\u{10FFFF}\u{10FE00}".utf8))
        samples.append(Array(0...255) + Array(0...255).reversed())
        for bytes in samples { #expect(ByteText.bytes(ByteText.string(bytes)) == bytes) }
        #expect(ByteText.shown(ByteText.string([0x61, 0xFF, 0x62, 0x0A])) == "a\\xffb\n")
    }

    @Test func symlinksStayWithinTheRoot() {
        let scratch = ScratchRoot([
            "/etc/passwd": "inside", "/a/up": "-> ../../../../etc/passwd", "/a/absolute": "-> /etc/passwd",
            "/a/folder": "-> /etc", "/chain": "-> a/folder/../a/absolute",
        ])
        for path in ["/a/up", "/a/absolute", "/a/folder/passwd", "/chain", "/../../etc/./passwd", "/a/../etc//passwd"] {
            #expect(scratch.root.read(path) == .success(Array("inside".utf8)), "\(path)")
            #expect(scratch.root.resolve(path).resolved == "/etc/passwd", "\(path)")
        }
    }

    @Test func everyStepOfAChainIsAStage() {
        let scratch = ScratchRoot([
            "/srv/le/archive/a/cert1.pem": "x", "/srv/le/live/a/cert.pem": "-> ../../archive/a/cert1.pem",
            "/etc/letsencrypt": "-> /srv/le", "/etc/ssl/mail.pem": "-> /etc/letsencrypt/live/a/cert.pem",
        ])
        #expect(
            scratch.root.resolve("/etc/ssl//mail.pem").stages == [
                "/etc/ssl/mail.pem", "/etc/letsencrypt/live/a/cert.pem", "/srv/le/live/a/cert.pem",
                "/srv/le/archive/a/cert1.pem",
            ])
    }

    @Test func circlesAndMissingPartsEndTheWalk() {
        let scratch = ScratchRoot(["/one": "-> two", "/two": "-> one", "/link": "-> gone/deep", "/file": "x"])
        guard case .unreadable = scratch.root.resolve("/one").state else {
            Issue.record("not a circle")
            return
        }
        let gone = scratch.root.resolve("/link/below")
        #expect(gone.state == .missing && gone.resolved == "/gone/deep/below")
        #expect(scratch.root.resolve("/file/below").state == .missing)
        #expect(scratch.root.resolve("/file/../file").state == .missing)
    }

    @Test func aRootNamedByASymlinkKnowsItsPathsByBothNames() {
        let scratch = ScratchRoot(["/real/etc/x": "x", "/link": "-> real"])
        let root = ConfigurationRoot(scratch.path + "/link/")
        #expect(root.outside("/etc/x") == scratch.path + "/real/etc/x")
        #expect(root.inside(scratch.path + "/link/etc/x") == "/etc/x" && root.inside(scratch.path + "/real") == "/")
        #expect(root.inside("/etc/x") == nil && root.inside(scratch.path + "/realm") == nil)
    }

    @Test func whatIsNoPlainFileIsNotOpened() {
        let scratch = ScratchRoot(["/folder/": "", "/large": String(repeating: "x", count: 4 << 20) + "x"])
        mkfifo(scratch.path + "/fifo", 0o600)
        for path in ["/folder", "/fifo", "/large"] {
            guard case .failure(.unreadable) = scratch.root.read(path) else {
                Issue.record("\(path) was read")
                continue
            }
        }
        #expect(scratch.root.read("/gone") == .failure(.missing))
    }

    @Test(arguments: [
        ("*.conf", "a.conf", true), ("*.conf", ".a.conf", false), ("[a-c]?x", "b1x", true), ("[!a]*", "abc", false),
        ("\\*", "*", true), ("\\*", "a", false), ("*a*b*", "xxaxxbxx", true), ("*a*b", "ab", true), ("[", "[", true),
        ("[]]", "]", true), ("a**b", "ab", true), ("", "", true), ("*", "", true), ("?", "", false),
    ])
    func aPatternMatches(_ pattern: String, _ name: String, _ isMatch: Bool) {
        #expect(Wildcard.matches(name, pattern) == isMatch)
    }

    @Test func aStarryPatternEndsSoon() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!Wildcard.matches(String(repeating: "a", count: 4000), pattern))
    }

    @Test func globsGoThroughFoldersAndSymlinks() {
        let scratch = ScratchRoot([
            "/etc/a/x.conf": "", "/etc/b/y.conf": "", "/etc/b/.z.conf": "", "/etc/c": "-> /etc/b", "/etc/d.conf": "",
            "/etc/e/x.conf": "-> nowhere",
        ])
        #expect(
            scratch.root.glob("/etc/*/*.conf").paths == ["/etc/a/x.conf", "/etc/b/y.conf", "/etc/c/y.conf"])
        #expect(scratch.root.glob("/etc/b/*", matchesDots: true).paths == ["/etc/b/.z.conf", "/etc/b/y.conf"])
        #expect(Wildcard.braces("/a/{b,c{d,e}}/f") == ["/a/b/f", "/a/cd/f", "/a/ce/f"])
    }
}
