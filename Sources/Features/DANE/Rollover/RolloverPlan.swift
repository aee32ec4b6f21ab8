internal import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A step that is still to come.
package struct PlannedStep: Hashable, Sendable {
    /// A stable word: `publish`, `settle`, `issue`, `deploy`, `verify`, `drain`, `retire`, `stage`.
    package var code: String
    /// What is done: `deploys K0ab1...`.
    package var text: String
    /// When at the earliest; nil where that depends on somebody.
    package var earliest: Date?
    /// What it waits for; nil where it doesn't.
    package var waitsFor: String?

    /// A step.
    package init(_ code: String, _ text: String, earliest: Date?, waitsFor: String? = nil) {
        self.code = code
        self.text = text
        self.earliest = earliest
        self.waitsFor = waitsFor
    }
}

extension Rollover {
    /// What would be done from here on, in order, with the moments as they are known now. Changes nothing; empty at rest.
    package static func plan(
        _ state: RolloverState, _ seen: Observation, _ policy: RolloverPolicy
    ) -> [PlannedStep] {
        let next = step(state, seen, policy)
        var turn = Turn(next.state, seen, policy)
        turn.action = next.action
        return turn.planned(next)
    }
}

extension Turn {
    fileprivate func planned(_ step: RolloverStep) -> [PlannedStep] {
        let blocked = step.state.holds.first.map(\.text)
        let old = "takes the records of \((state.previous ?? state.current)?.label ?? "the old key") away"
        switch state.phase {
        case .steady:
            return step.action == nil ? [] : [PlannedStep("act", step.text, earliest: now)]
        case .publishing:
            let until = settling(since: now)
            return [PlannedStep("publish", step.text, earliest: now, waitsFor: step.action == nil ? blocked : nil)]
                + later(from: until.until, shortened: until.shortened, old, blocked)
        case .settling(let since, let until):
            return later(from: max(until, now), shortened: settling(since: since).shortened, old, blocked)
        case .issuing:
            return [PlannedStep("issue", step.text, earliest: now, waitsFor: step.action == nil ? blocked : nil)]
                + deployment(from: now, old, nil)
        case .deploying: return Array(deployment(from: now, old, blocked).dropFirst(step.action == nil ? 1 : 0))
        case .rollingBack: return [PlannedStep("roll-back", step.text, earliest: now, waitsFor: blocked)]
        case .draining(_, let until):
            return [PlannedStep("retire", old, earliest: until, waitsFor: nil)] + staging(until)
        case .retiring: return [PlannedStep("retire", old, earliest: now, waitsFor: step.action == nil ? blocked : nil)]
        }
    }

    private func later(from until: Date, shortened: String?, _ old: String, _ blocked: String?) -> [PlannedStep] {
        let why = shortened.map { "shortened, because \($0)" } ?? "resolvers may serve expired answers until then"
        let label = state.candidate?.label ?? "the certificate"
        return [PlannedStep("settle", "lets the records of \(label) settle (\(why))", earliest: until, waitsFor: nil)]
            + deployment(from: until, old, blocked)
    }

    private func deployment(from moment: Date, _ old: String, _ blocked: String?) -> [PlannedStep] {
        let label = (state.candidate ?? state.current)?.label ?? "the certificate"
        let isSameKey = state.candidate?.spki == state.current?.spki
        let wait = state.request == .compromised ? 0 : max(policy.settle, floor)
        let places = seen.endpoints.count
        return [
            PlannedStep("deploy", "deploys \(label) and reloads", earliest: moment, waitsFor: blocked),
            PlannedStep(
                "verify", "sees it at \(places) address\(places == 1 ? "" : "es"), or rolls back", earliest: moment),
        ] + (isSameKey ? [] : [PlannedStep("retire", old, earliest: moment + wait)] + staging(moment + wait))
    }

    private func staging(_ moment: Date) -> [PlannedStep] {
        policy.mode == .next ? [PlannedStep("stage", "makes and publishes the next key", earliest: moment)] : []
    }
}
