import StewardAccess
import StewardCore
import StewardSettings
import Testing

private func refusal(_ target: [UInt8], isOptions: Bool = false) -> PathRefusal? {
    target.withUnsafeBufferPointer { bytes in
        do throws(PathRefusal) {
            _ = try CanonicalPath(bytes: bytes, isOptions: isOptions)
            return nil
        } catch {
            return error
        }
    }
}

private func refusal(_ target: String) -> PathRefusal? { refusal(Array(target.utf8)) }

@Suite struct CanonicalPathTests {
    @Test(
        arguments: [
            ("/", "/", nil), ("/x.py", "/x.py", nil), ("/x.py?", "/x.py", ""),
            ("/x.py?a=%2F..%00&b", "/x.py", "a=%2F..%00&b"),
            ("/a/b/", "/a/b/", nil), ("/a%20b", "/a b", nil), ("/%C3%A4.py", "/ä.py", nil), ("/ä.py", "/ä.py", nil),
            ("/%61pi/x", "/api/x", nil), ("/...", "/...", nil), ("/..a/.b/c.", "/..a/.b/c.", nil),
            ("/%2Ehidden", "/.hidden", nil),
            ("/a?b?c", "/a", "b?c"), ("/a;v=1/b", "/a;v=1/b", nil), ("/a%25b", "/a%b", nil), ("/100%25", "/100%", nil),
            ("/%2520", "/%20", nil), ("/a%3Fb", "/a?b", nil), ("/a%23b", "/a#b", nil), ("/a+b", "/a+b", nil),
            ("/%F0%9F%90%8D", "/🐍", nil), ("/a?ö", "/a", "ö"),
        ] as [(String, String, String?)])
    func goodTargetsAreDecodedOnce(target: String, path: String, query: String?) throws {
        let canonical = try CanonicalPath(target)
        #expect(canonical.path == path)
        #expect(canonical.query == query)
        #expect(canonical.authority == nil)
    }

    @Test(
        arguments: [
            ("", .empty), ("x.py", .notAPath), ("*", .notAPath), ("ftp://h/x", .notAPath), ("http:///x", .notAPath),
            ("http://u@h/x", .notAPath), ("h:443", .notAPath), ("http:/\u{f}/h/x", .notAPath), ("//", .emptySegment),
            ("//x", .emptySegment), ("/a//b", .emptySegment),
            ("/a//", .emptySegment), ("/./a", .dotSegment), ("/../a", .dotSegment), ("/a/.", .dotSegment),
            ("/a/..", .dotSegment), ("/a/..?x", .dotSegment), ("/%2e", .dotSegment), ("/%2E%2e/a", .dotSegment),
            ("/.%2e/a", .dotSegment), ("/a/%2e%2E", .dotSegment), ("/a%2Fb", .encodedSlash), ("/a%2fb", .encodedSlash),
            ("/a\\b", .backslash), ("/a%5Cb", .backslash), ("/a%5cb", .backslash), ("/a%00b", .controlCharacter),
            ("/a\u{0}b", .controlCharacter), ("/a%0Ab", .controlCharacter), ("/a\nb", .controlCharacter),
            ("/a%7F", .controlCharacter), ("/a\u{7f}", .controlCharacter), ("/a%C2%9Bb", .controlCharacter),
            ("/a b", .space), ("/a#b", .fragment), ("/a?b#c", .fragment), ("/a?b c", .space),
            ("/a?b\u{1}", .controlCharacter),
            ("/%", .badEscape), ("/a%2", .badEscape), ("/a%zz", .badEscape), ("/a%u002e", .badEscape),
            ("/%%32%65", .badEscape),
            ("/%C0%AE", .badText), ("/%E0%80%AE", .badText), ("/%ED%A0%80", .badText), ("/%FF", .badText),
            ("/%C3", .badText),
            ("/%F4%90%80%80", .badText), ("/%252e%252e/x", .encodedTwice), ("/%25252e", .encodedTwice),
            ("/a%252fb", .encodedTwice), ("/%25%2532%2565", .encodedTwice), ("/%2525%2532%65", .encodedTwice),
            ("/a%255c", .encodedTwice), ("/a%2500", .encodedTwice),
        ] as [(String, PathRefusal)])
    func badTargetsAreRefusedForTheirReason(target: String, reason: PathRefusal) {
        #expect(refusal(target) == reason)
    }

    @Test func rawBytesThatAreNoTextAreRefused() {
        #expect(refusal([0x2f, 0xc0, 0xae]) == .badText)
        #expect(refusal([0x2f, 0x3f, 0xff]) == .badText)
        #expect(refusal([0x2f, 0xed, 0xa0, 0x80]) == .badText)
    }

    @Test func absoluteTargetsCarryTheirAuthority() throws {
        let whole = try CanonicalPath("http://example.com:8080/a/b?q=1")
        #expect(whole.path == "/a/b" && whole.query == "q=1" && whole.authority == "example.com:8080")
        let bare = try CanonicalPath("HTTPS://[::1]:8443")
        #expect(bare.path == "/" && bare.query == nil && bare.authority == "[::1]:8443")
        #expect(try CanonicalPath("http://h?x").query == "x")
        #expect(refusal("http://h/../x") == .dotSegment)
    }

    @Test func theServerAsAWholeIsForOptionsAlone() throws {
        #expect(try CanonicalPath("*", isOptions: true).isServerWide)
        #expect(refusal(Array("*x".utf8), isOptions: true) == .notAPath)
    }

    @Test func everySingleByteIsEitherKeptOrRefused() {
        for byte in UInt8.min...UInt8.max {
            let raw: [UInt8] = Array("/a".utf8) + [byte] + Array("b".utf8)
            let isGood = byte > 0x20 && byte < 0x7f && !"%\\#".utf8.contains(byte)
            #expect((refusal(raw) == nil) == isGood, "\(byte)")
            let escape = "/a%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) + "b"
            let isGoodEscape = byte >= 0x20 && byte < 0x7f && !"/\\".utf8.contains(byte)
            #expect((refusal(escape) == nil) == isGoodEscape, "\(escape)")
        }
    }

    @Test func everyRefusalHasItsSentence() {
        for reason in PathRefusal.allCases {
            #expect(reason.sentence.hasSuffix("."))
            #expect(reason.problem.status == 400 && reason.problem.code == "bad-path")
        }
    }
}

@Suite struct TraversalTests {
    private static let dots = [
        ".", "%2e", "%2E", "%252e", "%25252E", "%u002e", "%c0%ae", "%c0%2e", "%e0%80%ae", "%%32%65", "．",
    ]
    private static let slashes = [
        "/", "%2f", "%2F", "\\", "%5c", "%252f", "%255C", "%c0%af", "%e0%80%af", "//", "/./", "%u2215", ";/", "%00/",
    ]

    /// Decodes escapes as often as there are any, like the most careless thing that may stand behind.
    private static func decodedToTheEnd(_ path: String) -> [UInt8] {
        var bytes = Array(path.utf8)
        while true {
            var next: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if bytes[index] == 0x25, index + 2 < bytes.count,
                    let code = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
                {
                    next.append(code)
                    index += 3
                } else {
                    next.append(bytes[index])
                    index += 1
                }
            }
            if next == bytes { return bytes }
            bytes = next
        }
    }

    /// Whether the path leads anywhere but down, to a reader who decodes on and takes backslashes for slashes.
    private static func isTraversal(_ path: String) -> Bool {
        let bytes = decodedToTheEnd(path)
        if bytes.contains(0) || bytes.contains(0x5c) { return true }
        let segments = bytes.split(separator: 0x2f).map { String(decoding: $0, as: UTF8.self) }
        return segments.contains { $0 == "." || $0 == ".." }
    }

    @Test func noneOfThousandsOfTraversalsGetsThrough() {
        var tried = 0
        var refused = 0
        for first in Self.dots {
            for second in Self.dots + [""] {
                for slash in Self.slashes {
                    for start in ["/", "/api/", "/x.py/"] {
                        for depth in 1...3 {
                            let step = first + second + slash
                            let target = start + String(repeating: step, count: depth) + "etc/passwd"
                            tried += 1
                            guard let canonical = try? CanonicalPath(target) else {
                                refused += 1
                                continue
                            }
                            #expect(!Self.isTraversal(canonical.path), "\(target) became \(canonical.path)")
                        }
                    }
                }
            }
        }
        #expect(tried > 15_000)
        #expect(refused > tried * 8 / 10)
    }

    @Test func randomTargetsNeverBreakThePromise() {
        let pieces = [
            "/", ".", "..", "%2e", "%2f", "%5c", "%25", "2e", "a", "%", "\\", "%c3", "%a4", "ä", "%00", "?", "#", " ",
            "//",
        ]
        for _ in 0..<60_000 {
            let target = "/" + (0..<Int.random(in: 1...8)).map { _ in pieces.randomElement()! }.joined()
            guard let canonical = try? CanonicalPath(target) else { continue }
            let segments = canonical.path.utf8.split(separator: 0x2f, omittingEmptySubsequences: false)
            #expect(canonical.path.hasPrefix("/"))
            #expect(!segments.dropFirst().dropLast().contains { $0.isEmpty }, "\(target)")
            #expect(!Self.isTraversal(canonical.path), "\(target)")
        }
    }
}

@Suite struct ZoneTableTests {
    private let table = ZoneTable<String>(
        ["/", "/api", "/api/v2", "/ap", "/admin"].map { (prefix($0), $0) })

    @Test(arguments: [
        ("/", "/", "/"), ("/x.py", "/", "/x.py"), ("/api", "/api", ""), ("/api/", "/api", "/"),
        ("/api/x", "/api", "/x"),
        ("/apix", "/", "/apix"), ("/api/v2", "/api/v2", ""), ("/api/v2/x", "/api/v2", "/x"),
        ("/api/v22", "/api", "/v22"),
        ("/ap/x", "/ap", "/x"), ("/API/x", "/", "/API/x"), ("/admin.py", "/", "/admin.py"),
    ])
    func theLongestPrefixWinsOnASegmentsBorder(path: String, zone: String, rest: String) {
        let match = table.match(path)
        #expect(match?.zone == zone)
        #expect(match.map { String($0.rest) } == rest)
    }

    @Test func withoutARootZoneOtherPathsHaveNone() {
        #expect(ZoneTable([(prefix("/api"), 1)]).match("/x") == nil)
        #expect(ZoneTable<Int>([]).match("/x") == nil)
    }

    @Test func nestedZonesAreKnown() {
        #expect(table.nested(in: .root).count == 4)
        #expect(table.nested(in: prefix("/api")) == [prefix("/api/v2")])
    }

    @Test(arguments: ["", "api", "/a//b", "/a/../b", "/a%20b", "/a?b", "/_platform", "/_platform/x", "/a\\b", "/a#b"])
    func badPrefixesAreRefused(text: String) {
        #expect(throws: ValueRefusal.self) { try ZonePrefix(parsing: text) }
    }

    @Test(arguments: [("/", "/"), ("/api/", "/api"), ("/a/b", "/a/b"), ("/_platformx", "/_platformx")])
    func prefixesAreNormalised(text: String, expected: String) {
        #expect(prefix(text).text == expected)
    }
}
