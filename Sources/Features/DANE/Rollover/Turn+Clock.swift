#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Moves what is under way with the clock where somebody set it, so that no wait gets shorter than it really is, and
    /// brings moments that would lie in the future back to now.
    mutating func mendClock() {
        let moment = now
        let reading = RolloverState.Anchor(at: now, uptime: seen.uptime)
        guard let anchor = state.anchor else {
            state.anchor = reading
            return state.mapMoments { min($0, moment) }
        }
        let wall = now.timeIntervalSince(anchor.at)
        var real = max(0, wall)
        if let before = anchor.uptime, let after = seen.uptime, before.boot == after.boot {
            real = max(0, after.seconds - before.seconds)
        }
        let jump = wall - real
        if abs(jump) > 2 { state.mapMoments { $0 + jump } }
        if abs(jump) > 60 {
            tell(
                .clockJumped,
                "The clock was set \(jump > 0 ? "forward" : "back") by \(Wording.span(abs(jump))); what is under way keeps its real time."
            )
        }
        state.mapMoments { min($0, moment) }
        if abs(jump) > 2 || abs(wall) > 3600 || anchor.uptime?.boot != seen.uptime?.boot { state.anchor = reading }
    }
}

extension RolloverState {
    /// Changes every moment from which something is counted.
    mutating func mapMoments(_ change: (Date) -> Date) {
        since = change(since)
        phase =
            switch phase {
            case .settling(let since, let until): .settling(since: change(since), until: until)
            case .draining(let since, let until): .draining(since: change(since), until: until)
            default: phase
            }
        if let spread { self.spread = spread.moved(change) }
        if let spread = self.currentSpread { self.currentSpread = spread.moved(change) }
        if let spread = self.nextSpread { self.nextSpread = spread.moved(change) }
        if let moment = verifyingSince { verifyingSince = change(moment) }
        if let seen = longestTTL { longestTTL = SeenTTL(seconds: seen.seconds, last: change(seen.last)) }
        for index in holds.indices { holds[index].since = change(holds[index].since) }
        for index in efforts.indices { efforts[index].last = change(efforts[index].last) }
    }
}

extension RolloverState.Spread {
    fileprivate func moved(_ change: (Date) -> Date) -> Self { Self(since: change(since), servers: servers) }
}
