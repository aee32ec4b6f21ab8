import StewardCertificates
import StewardDANE
import StewardDNS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension World {
    /// What may go wrong in a run.
    struct Weather: OptionSet {
        let rawValue: Int
        static let servers = Weather(rawValue: 1)
        static let services = Weather(rawValue: 2)
        static let writers = Weather(rawValue: 4)
        static let clock = Weather(rawValue: 8)
        static let validation = Weather(rawValue: 16)
        static let requests = Weather(rawValue: 32)
        static let off = Weather(rawValue: 64)
        static let late = Weather(rawValue: 128)
        static let all: Weather = [.servers, .services, .writers, .clock, .validation, .off]
    }

    /// Something happens, about once in six hours of the run.
    mutating func misfortune(_ weather: Weather) {
        let span = random.happens(0.2) ? random.between(3600, 3 * 86_400) : random.between(10, 3600)
        switch Int.random(in: 0..<14, using: &random) {
        case 0 where weather.contains(.servers):
            fault { server, now in
                server.deadUntil = now + span
                server.delay = 20
            }
        case 1 where weather.contains(.servers): fault { $0.stuckUntil = $1 + span }
        case 2 where weather.contains(.servers): fault { server, _ in server.delay = span / 10 }
        case 3 where weather.contains(.servers) && span < 3600: servers[0].deadUntil = now + span
        case 4 where weather.contains(.services): service { $0.deafUntil = $1 + span }
        case 5 where weather.contains(.services): service { $0.unreachableUntil = $1 + span }
        case 6 where weather.contains(.services): service { endpoint, _ in endpoint.reloadDelay = min(span, 200) }
        case 7 where weather.contains(.services):
            // A service reads its file anew whenever it likes.
            service { endpoint, now in endpoint.reloads = now + 1 }
        case 8 where weather.contains(.writers): write()
        case 9 where weather.contains(.clock): turnClock()
        case 10 where weather.contains(.validation):
            security = random.happens(0.5) ? .bogus("signature expired") : .insecure
            securityUntil = now + span
        case 11 where weather.contains(.requests):
            disk.request = random.happens(0.3) ? .compromised : .now
            note("request \(disk.request?.rawValue ?? "")")
        case 12 where weather.contains(.off): pass(until: now + span * 3)
        case 13 where !wasTouched:
            // Not together with a jump of the clock: nobody could tell the two apart.
            boot += 1
            wasTouched = true
        default: break
        }
    }

    private mutating func fault(_ body: (inout Server, Double) -> Void) {
        guard servers.count > 1 else { return }
        let index = Int.random(in: 1..<servers.count, using: &random)
        body(&servers[index], now)
        note(
            "fault at \(servers[index].name): dead until \(Wording.span(servers[index].deadUntil)), stuck until \(Wording.span(servers[index].stuckUntil)), delay \(servers[index].delay)"
        )
    }

    private mutating func service(_ body: (inout Endpoint, Double) -> Void) {
        let index = Int.random(in: endpoints.indices, using: &random)
        body(&endpoints[index], now)
    }

    /// A second writer adds a record of its own, takes one of Steward's away, or changes the TTL.
    private mutating func write() {
        guard let owner = owners.randomElement(using: &random), servers[0].deadUntil <= now else { return }
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            lastNumber += 1
            let record = Simulated.foreign(lastNumber)
            foreign[owner, default: []].insert(record)
            change(owner) { $0 + [record] }
        case 1:
            guard let victim = servers[0].sets[owner]?.records.randomElement(using: &random) else { return }
            foreign[owner]?.remove(victim)
            note("second writer takes \(victim.hex.prefix(8)) away")
            change(owner) { $0.filter { $0 != victim } }
        default:
            note("second writer changes the TTL")
            change(owner, ttl: UInt32(random.between(300, 7200))) { $0 }
        }
        excuse()
    }

    private mutating func turnClock() {
        guard !wasTouched else { return }
        wasTouched = true
        let jump = random.between(-86_400, hasUptime ? 86_400 : 0)
        clockError += jump
        note("clock jumps by \(Int(jump)) s")
    }

    /// Ends all faults.
    mutating func mend() {
        for index in servers.indices {
            servers[index].deadUntil = min(servers[index].deadUntil, now)
            servers[index].stuckUntil = min(servers[index].stuckUntil, now)
            servers[index].delay = index == 0 ? 0 : 20
            if index > 0 { servers[index].arrives = now + 20 }
        }
        for index in endpoints.indices {
            endpoints[index].unreachableUntil = min(endpoints[index].unreachableUntil, now)
            endpoints[index].deafUntil = min(endpoints[index].deafUntil, now)
            endpoints[index].reloadDelay = 1
        }
        security = .secure
        note("all faults end")
    }

    /// Runs for `duration` seconds with faults, then without; what is wrong at the end is a violation too.
    mutating func run(days duration: Double, weather: Weather, faults: Faults, sameKey: Double = 0.2) {
        var nextFault = random.between(0, 12 * 3600)
        var nextRenewal = random.between(0, 10 * 86_400)
        let end = duration * 86_400
        while now < end {
            let pause = work(faults)
            let next = now + (random.happens(0.1) ? random.between(1, pause + 1) : pause)
            while min(nextFault, nextRenewal) < min(next, end) {
                pass(until: max(now, min(nextFault, nextRenewal)))
                if nextFault <= now {
                    misfortune(weather)
                    nextFault = now + random.between(0, 12 * 3600)
                }
                if nextRenewal <= now {
                    if policy.mode == .late || random.happens(0.9) {
                        renew(sameKey: policy.mode == .next ? random.happens(0.95) : random.happens(sameKey))
                    }
                    let pause = weather.contains(.late) ? random.between(5, 20) : random.between(8, 11)
                    nextRenewal = now + (random.happens(0.1) ? random.between(600, 86_400) : pause * 86_400)
                }
            }
            pass(until: max(now, next))
        }
        mend()
        finish()
    }

    /// After the faults, the newest certificate must be served and nothing old be left.
    private mutating func finish() {
        if policy.mode == .late, disk.compromised.contains(lineage.spki) { renew(sameKey: false) }
        if lineage.notAfter < Simulated.date(now + 4 * 86_400) { renew(sameKey: policy.mode == .next) }
        var looks = 0
        let end = now + policy.settle * 4 + 6 * 86_400
        while now < end && looks < 4000 {
            looks += 1
            if disk.rejected.contains(lineage.certificate), disk.request == nil, case .steady = disk.phase {
                // Asked for at once, and not against expired answers.
                ledger.stale = 0
                disk.request = .now
            }
            pass(until: now + work(Faults()))
            if file == lineage, case .steady = disk.phase, disk.candidate == nil, isClean { break }
        }
        if looks >= 4000 { ledger.violations.append("does not come to rest") }
        if file != lineage || endpoints.contains(where: { $0.serving != lineage }) {
            ledger.violations.append(
                "at the end \(lineage.label) is not served: \(disk.phase), holds \(disk.holds.map(\.code))")
        }
        if !isClean {
            let sets = owners.map { servers[0].sets[$0]?.records.map { "\($0.hex.prefix(8))" } ?? [] }
            ledger.violations.append(
                "at the end old records are left: \(sets), phase \(disk.phase), holds \(disk.holds.map(\.code)), own \(disk.own.mapValues { $0.map { $0.hex.prefix(8) } })"
            )
        }
    }

    /// Whether each set holds what it should and nothing else.
    var isClean: Bool {
        owners.allSatisfy { owner in
            let wanted = Set(lineage.records + (disk.next?.records ?? [])).union(foreign[owner] ?? [])
            return Set(servers[0].sets[owner]?.records ?? []) == wanted
        }
    }
}
