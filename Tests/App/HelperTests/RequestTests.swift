import StewardCore
import Testing

@testable import StewardHelper

@Suite struct RequestTests {
    private func request(_ json: String) throws(Problem) -> HelperRequest {
        try HelperRequest(json: Array(json.utf8))
    }

    @Test(arguments: [
        #"{"verb":"certs.survey","actor":"ops"}"#, #"{"verb":"certs.survey","actor":"ops","max_age":60}"#,
        #"{"verb":"certs.prune","actor":"ops","plan":"{}"}"#,
        #"{"verb":"certs.prune","actor":"ops","plan":"{}","revoke":true}"#,
        #"{"verb":"certs.restore","actor":"ops","name":"a.example","tree":"/etc/letsencrypt"}"#,
        #"{"verb":"certs.purge","actor":"local","older_than":0}"#, #"{"verb":"certs.lock","actor":"ops","wait":600}"#,
        #"{"verb":"certs.plan","actor":"ops","names":["a","b"]}"#, #"{"verb":"certs.quarantine","actor":"ops"}"#,
        #"{"verb":"dane.status","actor":"ops","max_age":60}"#, #"{"verb":"dane.advance","actor":"ops"}"#,
        #"{"verb":"dane.rollover","actor":"ops","name":"a.example","request":"compromised"}"#,
    ]) func aGoodRequestIsReadAndWrittenTheSame(json: String) throws {
        let read = try request(json)
        #expect(try HelperRequest(json: read.frame.payload) == read)
    }

    @Test(arguments: [
        ("", "JSON"), ("[]", "JSON"), ("{}", "JSON"), (#"{"verb":"certs.survey"}"#, "JSON"),
        (#"{"verb":"certs.delete","actor":"a"}"#, "no verb 'certs.delete'"),
        (#"{"verb":"certs.survey","actor":"a","path":"/etc/shadow"}"#, "'path' is no part"),
        (#"{"verb":"certs.survey","actor":"a","plan":"{}"}"#, "takes no 'plan'"),
        (#"{"verb":"certs.prune","actor":"a"}"#, "needs 'plan'"),
        (#"{"verb":"certs.purge","actor":"a","revoke":true}"#, "takes no 'revoke'"),
        (#"{"verb":"certs.restore","actor":"a"}"#, "needs 'name'"),
        (#"{"verb":"certs.survey","actor":""}"#, "'actor'"), (#"{"verb":"certs.survey","actor":"a\nb"}"#, "'actor'"),
        (#"{"verb":"certs.lock","actor":"a","wait":601}"#, "'wait' is 601"),
        (#"{"verb":"certs.lock","actor":"a","wait":-1}"#, "'wait' is -1"),
        (#"{"verb":"certs.restore","actor":"a","name":"../x"}"#, "can't name a lineage"),
        (#"{"verb":"certs.restore","actor":"a","name":".."}"#, "can't name a lineage"),
        (#"{"verb":"certs.restore","actor":"a","name":"a\u0000b"}"#, "can't name a lineage"),
        (#"{"verb":"certs.plan","actor":"a","names":["ok","a/b"]}"#, "'a/b' can't name a lineage"),
        (#"{"verb":"certs.restore","actor":"a","name":"x","tree":"etc"}"#, "'tree'"),
        (#"{"verb":"certs.restore","actor":"a","name":"x","tree":"/etc/../root"}"#, "'tree'"),
        (#"{"verb":"certs.restore","actor":"a","name":7}"#, "JSON"),
        (#"{"verb":"dane.rollover","actor":"a","name":"x","request":"soon"}"#, "'now' or 'compromised'"),
        (#"{"verb":"dane.rollover","actor":"a","request":"now"}"#, "needs 'name'"),
        (#"{"verb":"dane.plan","actor":"a","name":"x"}"#, "takes no 'name'"),
    ]) func aBadRequestIsRefusedWithAReason(json: String, words: String) {
        let problem = #expect(throws: Problem.self) { try request(json) }
        #expect(problem?.status == 400)
        #expect(problem?.detail?.contains(words) == true, "\(problem?.detail ?? "")")
    }

    /// Bytes flipped anywhere in a request: refused or still a request that passes every check, never a trap.
    @Test func changedBytesAreRefusedOrStillChecked() throws {
        let good = Array(#"{"verb":"certs.restore","actor":"ops","name":"a.example","tree":"/etc/letsencrypt"}"#.utf8)
        for index in good.indices {
            for bit in 0..<8 {
                var bytes = good
                bytes[index] ^= 1 << UInt8(bit)
                guard let read = try? HelperRequest(json: bytes) else { continue }
                #expect(read.name?.contains("/") != true && read.name != "..")
                #expect(read.tree?.hasPrefix("/") != false)
                #expect(HelperVerb.allCases.contains(read.verb))
            }
        }
    }

    @Test func writingVerbsAreThoseThatChangeSomething() {
        #expect(
            HelperVerb.allCases.filter(\.writes) == [.prune, .restore, .purge, .daneAdvance, .daneRollover])
    }

    @Test func everyVerbTakesWhatItNeeds() {
        for verb in HelperVerb.allCases { #expect(verb.needs.isSubset(of: verb.takes)) }
    }

    @Test func aProblemSurvivesTheWay() throws {
        let problem = Problem("locked", status: 409, title: "Held", detail: "By pid 812.")
        #expect(HelperProblem(problem).problem == problem)
        var odd = HelperProblem(problem)
        odd.status = 7
        #expect(odd.problem.status == 500)
    }
}
