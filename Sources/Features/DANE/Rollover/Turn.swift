internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One step while it is being decided.
struct Turn {
    var state: RolloverState
    let seen: Observation
    let policy: RolloverPolicy
    let facts: Facts
    var events: [RolloverStep.Event] = []
    var holds: [RolloverState.Hold] = []
    var action: RolloverAction?
    /// The acts that are not done yet, also those that wait for their next try.
    var wanted: Set<String> = []
    /// What it waits for, for people.
    var text = ""
    /// When to look again at the latest.
    var lookAgain: Date

    var now: Date { seen.at }

    init(_ state: RolloverState, _ seen: Observation, _ policy: RolloverPolicy) {
        self.state = state
        self.seen = seen
        self.policy = policy
        facts = Facts(seen, policy)
        lookAgain = seen.at + policy.interval
    }

    /// Tells what happened.
    mutating func tell(_ code: RolloverCatalogue.EventCode, _ text: String) {
        events.append(RolloverStep.Event(code.rawValue, text, isAlarm: code.isAlarm))
    }

    /// Puts something on hold: one of a code, unless `subject` tells them apart.
    mutating func hold(_ code: RolloverCatalogue.HoldCode, _ text: String) {
        if let index = holds.firstIndex(where: { $0.code == code.rawValue }) {
            if !holds[index].text.contains(text) { holds[index].text += " " + text }
            return
        }
        let before = state.holds.first { $0.code == code.rawValue }
        let since = before?.since ?? now
        let isAlarm =
            switch code.alarm {
            case .never: false
            case .atOnce: true
            case .afterPatience: before?.isAlarm ?? false || now.timeIntervalSince(since) >= policy.patience
            }
        holds.append(RolloverState.Hold(code.rawValue, text, since: since, isAlarm: isAlarm))
        if code.alarm == .afterPatience && !isAlarm { look(by: since + policy.patience) }
    }

    /// Whether something is on hold for this reason.
    func isHeld(_ code: RolloverCatalogue.HoldCode) -> Bool { holds.contains { $0.code == code.rawValue } }

    /// Looks again at `moment` at the latest.
    mutating func look(by moment: Date) { lookAgain = min(lookAgain, max(moment, now)) }

    /// Looks again soon: something is under way. The longer it has been, the later.
    mutating func lookSoon() {
        look(by: now + min(policy.interval, max(15, now.timeIntervalSince(state.since) / 10)))
    }

    /// Goes to another rest.
    mutating func enter(_ phase: RolloverState.Phase) {
        if Self.kind(phase) != Self.kind(state.phase) {
            state.since = now
            state.verifyingSince = nil
        }
        state.phase = phase
    }

    private static func kind(_ phase: RolloverState.Phase) -> Int {
        switch phase {
        case .steady: 0
        case .publishing: 1
        case .settling: 2
        case .issuing: 3
        case .deploying: 4
        case .rollingBack: 5
        case .draining: 6
        case .retiring: 7
        }
    }

    /// Proposes an act, unless it was tried a moment ago without effect: each try waits longer than the one before, from
    /// `first` seconds up to `most`.
    mutating func propose(
        _ act: RolloverAction, _ name: String, doing: String, first: Double = 5, most: Double = 600
    ) {
        text = doing
        wanted.insert(name)
        var effort = state.efforts.first { $0.act == name } ?? RolloverState.Effort(act: name, count: 0, last: now)
        let why = seen.flaws.filter { $0.severity > .note }.map(\.text).joined(separator: " ")
        if effort.count >= 5 {
            hold(
                .actFailing,
                "Tried \(effort.count) times without effect: \(doing)." + (why.isEmpty ? "" : " \(why)"))
        } else if effort.count > 0, !why.isEmpty {
            text = "\(doing); tried \(effort.count == 1 ? "once" : "\(effort.count) times") without effect: \(why)"
        }
        func pause() -> Double { effort.count == 0 ? 0 : min(most, first * Double(1 << min(effort.count - 1, 16))) }
        if now >= effort.last + pause() {
            effort.count += 1
            effort.last = now
            action = act
        }
        look(by: effort.last + pause())
        state.efforts = state.efforts.filter { $0.act != name } + [effort]
    }

    /// The decision.
    mutating func finish() -> RolloverStep {
        for hold in holds where hold.isAlarm && !state.holds.contains(where: { $0.code == hold.code && $0.isAlarm }) {
            events.append(
                RolloverStep.Event(RolloverCatalogue.EventCode.held.rawValue, hold.text, isAlarm: true))
        }
        for hold in state.holds where hold.isAlarm && !holds.contains(where: { $0.code == hold.code }) {
            tell(.released, "No longer on hold: \(hold.text)")
        }
        state.holds = holds
        state.efforts.removeAll { !wanted.contains($0.act) }
        return RolloverStep(state: state, action: action, text: text, lookAgain: lookAgain, events: events)
    }
}
