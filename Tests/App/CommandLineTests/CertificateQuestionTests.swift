import NIOCore
import NIOHTTP1
import StewardCore
import StewardEdge
import StewardHelper
import Testing

@testable import StewardServer

@Suite struct CertificateQuestionTests {
    private func request(_ path: String, query: String? = nil, body: String? = nil) throws(Problem) -> HelperRequest {
        try CertificateQuestion(
            action: CertificateAction(path: path), query: query,
            body: body.map { .memory(ByteBuffer(string: $0)) }, actor: "ops", trace: "t"
        ).request()
    }

    @Test func aListMayBeAMinuteOldUnlessTheQuerySaysOtherwise() throws {
        #expect(try request("").maxAge == 60)
        #expect(try request("", query: "max_age=0").maxAge == 0)
        #expect(throws: Problem.self) { try request("", query: "max_age=-1") }
        #expect(throws: Problem.self) { try request("", query: "max_age=x") }
    }

    @Test func theActorAndTheTraceGoAlong() throws {
        let asked = try request("lock", query: "wait=5")
        #expect(asked.actor == "ops" && asked.trace == "t" && asked.wait == 5 && asked.verb == .lock)
    }

    @Test func aPlanTakesNamesAndDecodesThem() throws {
        #expect(try request("plan").names == nil)
        #expect(try request("plan", query: "name=a&other=x&name=b%20c&name=d+e").names == ["a", "b c", "d e"])
    }

    @Test func aPruneNeedsABody() throws {
        #expect(try request("prune", body: "format: x").plan == "format: x")
        #expect(try request("prune", body: "format: x").revoke == nil)
        #expect(throws: Problem.self) { try request("prune") }
    }

    @Test func aRestoreNeedsAName() throws {
        let asked = try request("restore", body: #"{"name":"a","tree":"/t"}"#)
        #expect(asked.name == "a" && asked.tree == "/t")
        #expect(throws: Problem.self) { try request("restore", body: "{}") }
        #expect(throws: Problem.self) { try request("restore", body: "name") }
    }

    @Test func aPurgeTakesADuration() throws {
        #expect(try request("purge", body: #"{"older_than":"30d"}"#).olderThan == 30 * 86_400)
        #expect(try request("purge", body: "{}").olderThan == nil)
        #expect(throws: Problem.self) { try request("purge", body: #"{"older_than":"30"}"#) }
    }

    @Test func everyRequestPassesTheHelpersOwnCheck() throws {
        for asked in [
            try request(""), try request("plan", query: "name=a"), try request("prune", body: "x"),
            try request("quarantine"),
            try request("restore", body: #"{"name":"a"}"#), try request("purge", body: "{}"), try request("lock"),
        ] {
            #expect(try HelperRequest(json: asked.frame.payload) == asked)
        }
    }

    @Test func changesArePostedAndTheRestIsFetched() {
        for path in ["prune", "restore", "purge"] { #expect(CertificateAction(path: path).methods == [.POST]) }
        for path in ["", "plan", "lock", "quarantine", "some.name"] {
            #expect(CertificateAction(path: path).methods == [.GET, .HEAD])
        }
        #expect(CertificateAction(path: "some.name") == .show("some.name"))
    }
}
