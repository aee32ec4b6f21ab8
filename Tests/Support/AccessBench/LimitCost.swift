import StewardAccess

/// What the limits cost a request.
enum LimitCost {
    static func run() throws {
        let sources = (0..<1000).map { IPAddress(v4: UInt32($0)) }
        let keys = (0..<1000).map { "reporting-key-\($0)" }
        let fast = try Rate(parsing: "1000000/s")
        let rules = LimitRules(
            rate: ByKind(key: fast, address: fast, route: fast), concurrency: ByKind(key: 16, address: 16, route: 16))
        measure("no limit set", Limiter(LimitRules())) { limiter, round in if limiter.isOn { print(round) } }
        measure("1,000 addresses, rate and concurrency, and given back", Limiter(rules)) { limiter, round in
            var trail = LimitTrail()
            _ = limiter.admit(key: nil, address: sources[round % 1000], now: UInt64(round) * 1000, trail: &trail)
            trail.end()
        }
        measure("1,000 keys, rate and concurrency, and given back", Limiter(rules)) { limiter, round in
            var trail = LimitTrail()
            _ = limiter.admit(
                key: keys[round % 1000], address: sources[0], now: UInt64(round) * 1000, trail: &trail)
            trail.end()
        }
        measure("the route's rate and concurrency, and given back", Limiter(rules)) { limiter, round in
            var trail = LimitTrail()
            _ = limiter.admit(route: "/api/report.py", now: UInt64(round) * 1000, trail: &trail)
            trail.end()
        }
        var trail = LimitTrail()
        _ = Limiter(rules).admit(key: nil, address: sources[0], now: 0, trail: &trail)
        measure("the fields of the answer", Limiter(rules)) { _, _ in _ = trail.fields }
        let flood = Limiter(rules)
        measure("a new address each time, 65,536 remembered", flood) { limiter, round in
            var trail = LimitTrail()
            _ = limiter.admit(key: nil, address: IPAddress(v4: UInt32(round)), now: UInt64(round), trail: &trail)
            trail.end()
        }
        print("remembered after it: \(flood.count)")
    }

    private static func measure(_ name: String, _ limiter: Limiter, _ body: (Limiter, Int) -> Void) {
        let best = (0..<5).map { turn in
            let start = ContinuousClock.now
            for round in 0..<500_000 { body(limiter, turn * 500_000 + round) }
            return ContinuousClock.now - start
        }.min()!
        print("\(name): \(best.components.attoseconds / 500_000_000_000_000) ns")
    }
}
