import NIOCore
import NIOHTTP1
import StewardCore
import Testing

@testable import StewardEdge

@Suite struct HeaderBlockTests {
    private func append(_ block: String) -> (text: String, result: HeaderBlock.Result)? {
        var out = ByteBuffer()
        guard let result = HeaderBlock.append(ByteBuffer(string: block), to: &out) else { return nil }
        return (String(buffer: out), result)
    }

    @Test func plainLinesPassUnchanged() throws {
        let block = "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: a=b\r\nX-Empty:\r\n"
        #expect(try #require(append(block)).text == block)
    }

    @Test(arguments: [
        "Connection: close", "KEEP-ALIVE: 5", "Transfer-Encoding: chunked", "upgrade: h2c", "Trailer: x", "TE: gzip",
        "Date: now", "Proxy-Connection: x", "X-Trace-Id: forged", "content-length: 5",
    ])
    func whatIsTheServersBusinessIsLeftOut(line: String) throws {
        let found = try #require(append("A: 1\r\n\(line)\r\nB: 2\r\n"))
        #expect(found.text == "A: 1\r\nB: 2\r\n")
    }

    @Test func theLengthIsReported() throws {
        #expect(try #require(append("Content-Length: 123\r\n")).result.contentLength == 123)
        #expect(try #require(append("Content-Length:\t7 \r\n")).result.contentLength == 7)
    }

    @Test(arguments: ["-", "+5", "5 6", "5, 5", "0x5", "5\r\nContent-Length: 5", "99999999999999999999"])
    func aLengthThatIsNotClearIsNone(value: String) throws {
        #expect(try #require(append("Content-Length: \(value)\r\n")).result.contentLength == nil)
    }

    @Test(arguments: [
        "A: 1\r\n\r\nHTTP/1.1 200 OK\r\n", "A: 1\n", "A: 1", "A : 1\r\n", ": 1\r\n", "A: 1\rB: 2\r\n", "A\r\n",
        "A: a\u{0}b\r\n", " A: 1\r\n", "A: 1\r\n folded\r\n", "A(b): 1\r\n", "A: \u{7f}\r\n",
    ])
    func anythingElseRefusesTheBlock(block: String) {
        #expect(append(block) == nil)
    }
}

@Suite struct RequestRulesTests {
    private func refusal(
        _ headers: [(String, String)], version: HTTPVersion = .http1_1, uri: String = "/"
    ) -> Int? {
        let head = HTTPRequestHead(version: version, method: .POST, uri: uri, headers: HTTPHeaders(headers))
        return RequestRules.refusal(of: head, limits: EdgeLimits())?.status
    }

    @Test func oneHostIsNeeded() {
        #expect(refusal([("Host", "a")]) == nil)
        #expect(refusal([("Host", "a:80")]) == nil)
        #expect(refusal([("Host", "[::1]:80")]) == nil)
        #expect(refusal([]) == 400)
        #expect(refusal([("Host", "a"), ("Host", "a")]) == 400)
        #expect(refusal([("Host", "a, b")]) == 400)
        #expect(refusal([("Host", "a/b")]) == 400)
        #expect(refusal([], version: .http1_0) == nil)
    }

    @Test func theLengthCanBeReadInOneWayOnly() {
        let host = ("Host", "a")
        #expect(refusal([host, ("Content-Length", "5")]) == nil)
        #expect(refusal([host, ("Content-Length", "5"), ("Content-Length", "5")]) == 400)
        #expect(refusal([host, ("Content-Length", "+5")]) == 400)
        #expect(refusal([host, ("Content-Length", "")]) == 400)
        #expect(refusal([host, ("Transfer-Encoding", "chunked")]) == nil)
        #expect(refusal([host, ("Transfer-Encoding", "gzip, chunked")]) == 400)
        #expect(refusal([host, ("Transfer-Encoding", "")]) == 400)
        #expect(refusal([host, ("Transfer-Encoding", "chunked"), ("Content-Length", "5")]) == 400)
        #expect(refusal([host, ("Transfer-Encoding", "chunked")], version: .http1_0) == 400)
    }

    @Test func sizesAreBounded() {
        let host = ("Host", "a")
        #expect(refusal([host], uri: "/" + String(repeating: "a", count: 9000)) == 414)
        #expect(refusal([host, ("X", String(repeating: "a", count: 9000))]) == 431)
        #expect(refusal([host] + (0..<100).map { ("X\($0)", "1") }) == 431)
        #expect(refusal([host] + (0..<50).map { ("X\($0)", String(repeating: "a", count: 700)) }) == 431)
    }

    @Test func aProblemDocumentIsValidJSON() {
        let trace = TraceID(high: 1, low: 2)
        let problem = Problem("x", status: 400, title: "a\"b", detail: "line\n\u{1}\\end")
        let text = String(buffer: ProblemDocument.body(problem, trace: trace, extra: [("zone", "/")]))
        #expect(
            text
                == #"{"type":"about:blank","title":"a\"b","status":400,"code":"x","detail":"line\n\u0001\\end","zone":"/","trace_id":"00000000000000010000000000000002"}"#
                + "\n")
    }
}

@Suite struct RawHeadersTests {
    @Test func valuesComeByteForByte() throws {
        var buffer = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\nX: ")
        buffer.writeBytes([0xe9, 0xff])
        buffer.writeString("  \r\nEmpty:\r\n\r\nbody")
        let values = try #require(RawHeaders.values(in: buffer))
        #expect(values.map { Array($0.readableBytesView) } == [Array("a".utf8), [0xe9, 0xff], []])
    }

    @Test func anIncompleteHeadHasNone() {
        #expect(RawHeaders.values(in: ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n")) == nil)
        #expect(RawHeaders.values(in: ByteBuffer(string: "GET / HT")) == nil)
    }
}
