/// The rollover of one deployment's key: from what is on disk and what was just seen to what is to be done next. Pure;
/// docs/design/rollover.md has the states and rules.
///
/// One rule stands above all others: no key is deployed before every name server that answers has served its record for
/// long enough that no cache holds a set without it, and no record is taken away while its key is served.
package enum Rollover {
    /// Decides the next step. The state it returns must be on disk before its action begins; after the action, and
    /// whether it succeeded or not, everything is looked at anew and the next step is decided from that.
    package static func step(
        _ state: RolloverState, _ seen: Observation, _ policy: RolloverPolicy
    ) -> RolloverStep {
        var turn = Turn(state, seen, policy)
        turn.mendClock()
        turn.takeStock()
        turn.judge()
        turn.act()
        return turn.finish()
    }
}

extension Turn {
    /// One act at most: served keys' records first, then what the phase wants.
    mutating func act() {
        publish()
        if action != nil { return }
        for _ in 0..<12 {
            let before = state.phase
            switch state.phase {
            case .steady: beSteady()
            case .publishing, .settling: settle()
            case .issuing: issue()
            case .deploying: deploy()
            case .rollingBack: rollBack()
            case .draining(let since, _): drain(since: since)
            case .retiring: retire()
            }
            if action != nil || state.phase == before { break }
        }
    }
}
