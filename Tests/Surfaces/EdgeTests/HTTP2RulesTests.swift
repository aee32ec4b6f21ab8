import NIOCore
import NIOHPACK
import NIOHTTP1
import StewardCore
import Testing

@testable import StewardEdge

@Suite struct HTTP2RulesTests {
    private func head(_ more: [(String, String)] = [], path: String = "/x?y=1", method: String = "GET")
        -> HTTPRequestHead
    {
        HTTP2Rules.head(
            HPACKHeaders(
                [
                    (":method", method), (":scheme", "https"), (":path", path), (":authority", "one.test"),
                ] + more))
    }

    @Test func aRequestReadsAsHTTP1WouldHaveIt() {
        let head = head([("cookie", "a=1"), ("accept", "*/*"), ("cookie", "b=2")], method: "PUT")
        #expect(head.method == .PUT)
        #expect(head.uri == "/x?y=1")
        #expect(head.version.major == 2)
        #expect(head.headers["host"] == ["one.test"])
        #expect(head.headers["cookie"] == ["a=1; b=2"])
        #expect(head.headers["accept"] == ["*/*"])
        #expect(!head.headers.contains { $0.name.hasPrefix(":") })
    }

    @Test func aHostThatSaysTheSameIsOne() {
        #expect(head([("host", "one.test")]).headers["host"] == ["one.test"])
        #expect(HTTP2Rules.refusal(of: head([("host", "one.test")]), limits: EdgeLimits()) == nil)
        #expect(HTTP2Rules.refusal(of: head([("host", "two.test")]), limits: EdgeLimits())?.code == "bad-host")
    }

    @Test(arguments: ["x", "", "http://one.test/", "/a b", "/\u{1}"])
    func aPathBeginsWithASlashAndHoldsNoBlanks(path: String) {
        #expect(HTTP2Rules.refusal(of: head(path: path), limits: EdgeLimits())?.status == 400)
    }

    @Test func aStarIsForOptions() {
        #expect(HTTP2Rules.refusal(of: head(path: "*", method: "OPTIONS"), limits: EdgeLimits()) == nil)
        #expect(HTTP2Rules.refusal(of: head(path: "*"), limits: EdgeLimits())?.status == 400)
    }

    @Test(arguments: [" a", "a ", "a\rb", "a\nb", "a\0b", "\ta", "a\u{7f}"])
    func aValueThatWouldBreakAHeadIsRefused(value: String) {
        #expect(HTTP2Rules.refusal(of: head([("x-test", value)]), limits: EdgeLimits())?.status == 400)
    }

    @Test(arguments: ["", "a b", "a\tb", "ä", "=?"])
    func otherValuesPass(value: String) {
        #expect(HTTP2Rules.refusal(of: head([("x-test", value)]), limits: EdgeLimits()) == nil)
    }

    @Test func theLimitsOfHeadersAreThoseOfHTTP1() {
        var limits = EdgeLimits()
        limits.line = 100
        limits.headerCount = 10
        #expect(
            HTTP2Rules.refusal(of: head([("x", String(repeating: "y", count: 120))]), limits: limits)?.status == 431)
        #expect(HTTP2Rules.refusal(of: head((0..<10).map { ("x\($0)", "y") }), limits: limits)?.status == 431)
        #expect(
            HTTP2Rules.refusal(of: head(path: "/" + String(repeating: "p", count: 120)), limits: limits)?.status == 414)
    }

    @Test func theLinesOfAScriptBecomeFieldsInLowerCase() {
        let lines = ByteBuffer(
            string: "Content-Type: text/plain\r\nX-A:b\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2 \r\n")
        let fields = HTTP2Rules.fields(lines, after: [":status": "200"])
        #expect(
            fields.map { "\($0.name)=\($0.value)" } == [
                ":status=200", "content-type=text/plain", "x-a=b", "set-cookie=a=1; Path=/", "set-cookie=b=2",
            ])
    }
}
