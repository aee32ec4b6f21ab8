import Testing

@testable import StewardAccess

private let second: UInt64 = 1_000_000_000

private func rules(
    key: String? = nil, address: String? = nil, route: String? = nil, concurrency: ByKind<Int> = ByKind()
) -> LimitRules {
    func rate(_ text: String?) -> Rate? { text.map { try! Rate(parsing: $0) } }
    return LimitRules(
        rate: ByKind(key: rate(key), address: rate(address), route: rate(route)), concurrency: concurrency)
}

/// How many of `count` requests of one caller pass.
private func passed(_ limiter: Limiter, key: String? = nil, from: String = "192.0.2.1", now: UInt64 = 0, of count: Int)
    -> Int
{
    (0..<count).count { _ in
        var trail = LimitTrail()
        return limiter.admit(key: key, address: address(from), now: now, trail: &trail) == nil
    }
}

@Suite struct LimiterTests {
    @Test func aCallerWithAKeyCountsByItsKeyAndOthersByTheirAddress() {
        let limiter = Limiter(rules(key: "10/s", address: "3/s"))
        #expect(passed(limiter, key: "a", of: 20) == 10)
        #expect(passed(limiter, key: "a", from: "192.0.2.9", of: 20) == 0)
        #expect(passed(limiter, key: "b", of: 20) == 10)
        #expect(passed(limiter, of: 20) == 3)
        #expect(passed(limiter, from: "192.0.2.9", of: 20) == 3)
    }

    @Test func withoutALimitForKeysAnAddressCountsForAllItsCallers() {
        let limiter = Limiter(rules(address: "5/s"))
        #expect(passed(limiter, key: "a", of: 4) == 4)
        #expect(passed(limiter, key: "b", of: 4) == 1)
        #expect(passed(limiter, of: 4) == 0)
    }

    @Test func anIPv6CallerHasItsWholeNetworkAndAMappedOneItsIPv4Address() {
        let limiter = Limiter(rules(address: "4/s"))
        #expect(passed(limiter, from: "2001:db8:0:1::1", of: 3) == 3)
        #expect(passed(limiter, from: "2001:db8:0:1:ffff::2", of: 3) == 1)
        #expect(passed(limiter, from: "2001:db8:0:2::1", of: 3) == 3)
        #expect(passed(limiter, from: "::ffff:192.0.2.1", of: 3) == 3)
        #expect(passed(limiter, from: "192.0.2.1", of: 3) == 1)
    }

    @Test func callsAtATimeAreGivenBackAtTheirEnd() {
        let limiter = Limiter(rules(concurrency: ByKind(key: 2, address: 1, route: 3)))
        var trails = [LimitTrail](repeating: LimitTrail(), count: 4)
        #expect(limiter.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trails[0]) == nil)
        #expect(limiter.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trails[1]) == nil)
        let refusal = limiter.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trails[2])
        #expect(refusal?.limit == .concurrency(2) && refusal?.rule == "concurrency.key 2" && refusal?.retryAfter == 1)
        #expect(limiter.admit(key: nil, address: address("192.0.2.1"), now: 0, trail: &trails[2]) == nil)
        #expect(limiter.admit(key: nil, address: address("192.0.2.1"), now: 0, trail: &trails[3]) != nil)
        trails[0].end()
        trails[0].end()
        #expect(limiter.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trails[0]) == nil)
        #expect(limiter.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trails[3]) != nil)
    }

    @Test func howOftenMayGoByTheAddressAndHowManyByTheKey() {
        let limiter = Limiter(rules(address: "3/s", concurrency: ByKind(key: 2)))
        var trails = [LimitTrail](repeating: LimitTrail(), count: 8)
        var refusals: [String?] = []
        for index in 0..<4 {
            refusals.append(
                limiter.admit(key: "k\(index % 2)", address: address("192.0.2.1"), now: 0, trail: &trails[index])?.rule)
        }
        #expect(refusals == [nil, nil, nil, "rate.address 3/s"])
        let third = limiter.admit(key: "k0", address: address("192.0.2.7"), now: 0, trail: &trails[4])
        #expect(third?.rule == "concurrency.key 2")
    }

    @Test func aRouteCountsForAllItsCallersTogether() {
        let limiter = Limiter(rules(route: "4/s"))
        var trail = LimitTrail()
        let first = (0..<6).count { _ in limiter.admit(route: "/a", now: 0, trail: &trail) == nil }
        let second = (0..<6).count { _ in limiter.admit(route: "/b", now: 0, trail: &trail) == nil }
        #expect((first, second) == (4, 4))
    }

    @Test func newRulesCountAtOnceAndWhatWasUsedStays() {
        let limiter = Limiter(rules(address: "10/s"))
        #expect(passed(limiter, of: 8) == 8)
        limiter.rules = rules(address: "10/s burst 12")
        #expect(passed(limiter, of: 8) == 4)
        limiter.rules = LimitRules()
        #expect(!limiter.isOn && passed(limiter, of: 8) == 8)
        limiter.rules = rules(concurrency: ByKind(address: 1))
        var trail = LimitTrail()
        #expect(limiter.admit(key: nil, address: address("192.0.2.1"), now: 0, trail: &trail) == nil)
        limiter.rules = rules(address: "1/s")
        trail.end()
        limiter.rules = rules(concurrency: ByKind(address: 1))
        var next = LimitTrail()
        #expect(limiter.admit(key: nil, address: address("192.0.2.1"), now: 0, trail: &next) == nil)
    }

    @Test func theLogIsToldOncePerCallerAndTenSeconds() {
        let limiter = Limiter(rules(address: "1/h"))
        func news(_ now: UInt64, from: String = "192.0.2.1") -> Int?? {
            var trail = LimitTrail()
            return limiter.admit(key: nil, address: address(from), now: now, trail: &trail).map { $0.news }
        }
        #expect(news(0) == .none)
        #expect(news(1) == .some(1))
        for _ in 0..<50 { #expect(news(2) == .some(nil)) }
        #expect(news(0, from: "192.0.2.2") == .none)
        #expect(news(5, from: "192.0.2.2") == .some(1))
        #expect(news(9 * second) == .some(nil))
        #expect(news(11 * second) == .some(52))
        #expect(limiter.limited(now: 12 * second).map(\.caller.description) == ["192.0.2.1"])
        #expect(limiter.limited(now: 30 * second).isEmpty)
    }

    @Test func whoeverGoesOnAskingIsToBeAnsweredLateUntilItPauses() {
        let limiter = Limiter(rules(address: "1/h"))
        func refusal(_ now: UInt64) -> LimitRefusal? {
            var trail = LimitTrail()
            return limiter.admit(key: nil, address: address("192.0.2.1"), now: now, trail: &trail)
        }
        _ = refusal(0)
        for _ in 0..<LimitRefusal.patience { #expect(refusal(second)?.isHammering == false) }
        #expect(refusal(2 * second)?.isHammering == true)
        #expect(refusal(11 * second)?.isHammering == true)
        #expect(refusal(21 * second)?.isHammering == false)
        #expect(refusal(21 * second)?.news == nil)
    }

    @Test func theAnswerSaysHowMuchIsLeft() {
        let zone = Limiter(rules(key: "100/s burst 200", route: "5/10s"))
        let script = Limiter(rules(address: "1/m"), isScript: true)
        var trail = LimitTrail()
        #expect(trail.fields.isEmpty)
        _ = zone.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trail)
        _ = zone.admit(route: "/x", now: 0, trail: &trail)
        _ = script.admit(key: "a", address: address("192.0.2.1"), now: 0, trail: &trail)
        #expect(
            String(decoding: trail.fields, as: UTF8.self) == """
                RateLimit-Policy: "key";q=200;w=2, "route";q=5;w=10, "script-address";q=1;w=60\r
                RateLimit: "key";r=199;t=1, "route";r=4;t=2, "script-address";r=0;t=60\r

                """)
    }

    @Test func wrongKeysSlowOneAddressDownAndNoOther() throws {
        let failures = FailureLimit(try Rate(parsing: "20/10s"))
        let (guesser, neighbour) = (address("192.0.2.1"), address("192.0.2.2"))
        for _ in 0..<20 {
            #expect(failures.refusal(of: guesser, now: 0) == nil)
            failures.failed(guesser, now: 0)
        }
        #expect(failures.refusal(of: guesser, now: 0)?.retryAfter == 1)
        #expect(failures.refusal(of: neighbour, now: 0) == nil)
        #expect(failures.refusal(of: guesser, now: second / 2) == nil)
        for _ in 0..<1000 { failures.failed(guesser, now: second) }
        #expect(failures.refusal(of: guesser, now: second) != nil)
        #expect(
            failures.refusal(of: guesser, now: second + second / 2) == nil, "it never lasts longer than the rate says")
        failures.rate = nil
        #expect(failures.refusal(of: guesser, now: second) == nil)
    }

    @Test func connectionsAreCountedByAddressButForThisMachineAndProxies() {
        let limit = ConnectionLimit(most: 2, exempt: list("10.0.0.0/8"))
        var told: [String] = []
        limit.onRefusal = { told.append("\($0) \($1)") }
        for (from, let_in) in [("192.0.2.1", 2), ("10.1.1.1", 5), ("127.0.0.1", 5), ("::1", 5), ("2001:db8::1", 2)] {
            #expect((0..<5).count { _ in limit.open(address(from), now: 0) } == let_in, "\(from)")
        }
        #expect(limit.refusals == 6 && told == ["192.0.2.1 1", "2001:db8::1 1"])
        limit.close(address("192.0.2.1"))
        #expect(limit.open(address("192.0.2.1"), now: 0))
        #expect(!limit.open(address("192.0.2.1"), now: 0))
        #expect(!limit.open(address("2001:db8::2"), now: 0), "the same /64")
    }
}
