import Testing

@testable import StewardCertificates

@Suite("Paths by their components")
struct PathPrefixTests {
    @Test(
        "doubled and trailing slashes and dots go, and .. stays",
        arguments: [
            ("/", "/"), ("//", "/"), ("", "/"), ("/a", "/a"), ("/a/", "/a"), ("//a//b", "/a/b"), ("/./a/./b/.", "/a/b"),
            ("/.", "/"), ("/a/.b", "/a/.b"), ("/a./b", "/a./b"), ("/a/..", "/a/.."), ("/../a", "/../a"),
            ("/.../a", "/.../a"), ("a/b", "/a/b"), ("/caf\u{e9}/x", "/caf\u{e9}/x"), ("/a/ /b", "/a/ /b"),
        ])
    func normal(path: String, expected: String) {
        #expect(PathPrefix.normal(path) == expected)
        #expect(PathPrefix.normal(expected) == expected)
    }

    @Test(
        "a path comes with every folder above it but the root",
        arguments: [
            ("/", []), ("", []), ("/a", ["/a"]), ("/a/b/c", ["/a/b/c", "/a/b", "/a"]),
            ("/\u{fc}ber/x", ["/\u{fc}ber/x", "/\u{fc}ber"]),
        ] as [(String, [String])])
    func ancestors(path: String, expected: [String]) {
        #expect(PathPrefix.withAncestors(path) == expected)
    }
}
