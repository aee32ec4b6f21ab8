import Foundation
import Testing

@testable import StewardDNS

@Suite struct ValidatorTests {
    private func resolve(
        _ validator: Validator, _ name: String, _ type: RecordType = .a
    ) async throws -> Resolution {
        await validator.resolve(try #require(DomainName(name)), type)
    }

    /// What must hold however the validator comes to its answers.
    static func judge(_ validator: Validator) async throws {
        func resolve(_ name: String, _ type: RecordType = .a) async throws -> Resolution {
            await validator.resolve(try #require(DomainName(name)), type)
        }
        let secure = try await resolve("a.test")
        #expect(secure.security == .secure && secure.code == 0)
        #expect(Set(secure.records.compactMap(\.data.address)) == ["192.0.2.1", "192.0.2.2"])
        #expect((1...60).contains(secure.ttl) && secure.canonicalName == secure.name)
        let tlsa = try await resolve("_25._tcp.a.test", .tlsa)
        #expect(tlsa.security == .secure && tlsa.records.count == 1)
        let insecure = try await resolve("_25._tcp.a.insecure.test", .tlsa)
        #expect(insecure.security == .insecure)
        #expect(insecure.records.map(\.data) == [.tlsa(TLSA(selector: 1, matching: 1, bytes: [0xab]))])

        let noType = try await resolve("a.test", .aaaa)
        #expect(noType.security == .secure && noType.code == 0 && noType.records.isEmpty)
        let noName = try await resolve("none.test")
        #expect(noName.security == .secure && noName.code == 3 && noName.records.isEmpty)

        let alias = try await resolve("alias.test")
        #expect(alias.security == .secure && alias.canonicalName == DomainName("a.test") && alias.records.count == 2)
        let out = try await resolve("out.test")
        #expect(out.security == .insecure && out.canonicalName == DomainName("a.insecure.test"))
        let tree = try await resolve("www.tree.test")
        #expect(tree.security == .secure && tree.canonicalName == DomainName("www.sub.test"))
        #expect(tree.records.map(\.data) == [.a([192, 0, 2, 7])])

        for (name, words) in [("a.bogus.test", "signature"), ("a.old.test", "expired")] {
            let bogus = try await resolve(name)
            guard case .bogus(let why) = bogus.security else {
                Issue.record("\(name) is \(bogus.security)")
                continue
            }
            #expect(why.contains(words), "\(why)")
            #expect(bogus.records.isEmpty)
        }
        let loop = try await resolve("loop.test")
        #expect(loop.records.isEmpty)

        // Signed records name their zone, and so does "there is none".
        for told in [secure, tlsa, noType, noName, alias] { #expect(told.zone == DomainName("test"), "\(told.name)") }
        for untold in [insecure, out, try await resolve("a.bogus.test")] {
            #expect(untold.zone == nil, "\(untold.name)")
        }
    }

    @Test func answersAreToldApartThroughAResolver() async throws {
        try await SignedRoot.with { root in
            try await Self.judge(Validator(ValidatorOptions(anchor: root.anchor, forward: [root.server])))
        }
    }

    @Test func withAnotherAnchorNothingIsSecure() async throws {
        try await SignedRoot.with { root in
            let validator = try Validator(ValidatorOptions(forward: [root.server]))
            guard case .bogus = try await resolve(validator, "a.test").security else {
                Issue.record("an answer below a strange root was believed")
                return
            }
        }
    }

    @Test func whatIsForgottenIsAskedAgain() async throws {
        let zone = Named.head.replacing("$TTL 300", with: "$TTL 3000")
        try await Named.with(zone: zone) { named in
            // No anchor for a zone of this kind: an empty file makes everything insecure.
            let anchor = named.folder.appending(path: "anchor").path
            try Data(Validator.unrelatedAnchor.utf8).write(to: URL(filePath: anchor))
            let validator = try Validator(ValidatorOptions(anchor: anchor, forward: [named.server]))
            #expect(try await resolve(validator, "ns1.example").records.count == 1)
            var update = Message(id: 0, operation: .update)
            update.questions = [.init(DomainName("example")!, .soa)]
            let owner = try #require(DomainName("ns1.example"))
            update.authority = [ResourceRecord(owner, .a, ttl: 3000, .a([127, 0, 0, 2]))]
            _ = try await DNSClient().exchange(update, with: named.server, key: Named.key)
            #expect(try await resolve(validator, "ns1.example").records.count == 1)
            try validator.forget()
            #expect(try await resolve(validator, "ns1.example").records.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(10))) func aSilentResolverFailsInTimeAndACancelledCallerDoesNotWait() async throws {
        try await StandInServer.with({ _ in [] }) { server in
            let validator = try Validator(ValidatorOptions(forward: [server], timeout: .seconds(1)))
            let resolution = try await resolve(validator, "a.test")
            #expect(resolution.security == .failed("no answer within 1.0 seconds"))
            let patient = try Validator(ValidatorOptions(forward: [server], timeout: .seconds(3600)))
            let task = Task { try await self.resolve(patient, "b.test").security }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            #expect(try await task.value == .failed("it was cancelled"))
        }
    }

    @Test(.timeLimit(.minutes(10))) func hundredsAtOnceAreAnswered() async throws {
        try await SignedRoot.with { root in
            let validator = try Validator(ValidatorOptions(anchor: root.anchor, forward: [root.server]))
            let secure = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let name = DomainName("n\(number).test") ?? .root
                        let resolution = await validator.resolve(name, .a)
                        return resolution.security == .secure && resolution.code == 3
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(secure == 500)
        }
    }

    @Test func filesThatCannotBeReadAreNamed() {
        let failure = #expect(throws: ValidatorFailure.self) {
            try Validator(ValidatorOptions(rootHints: "/nowhere/hints"))
        }
        #expect(failure?.text.hasPrefix("/nowhere/hints: the file with the root hints can't be read") == true)
    }
}

extension Validator {
    /// An anchor of a zone that no test asks about.
    static let unrelatedAnchor = "elsewhere. IN DS 1 13 2 \(String(repeating: "ab", count: 32))\n"
}
