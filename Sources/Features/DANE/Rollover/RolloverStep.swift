#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What is to be done next. Before it is done, the state that came with it is on disk; after it, everything is looked at
/// anew.
package enum RolloverAction: Hashable, Sendable {
    /// Make these changes.
    case publish([RRsetChange])
    /// Put the candidate's key and chain in the deployed file's place and reload the services.
    case deploy(Credential)
    /// Put what was deployed before back and reload.
    case rollBack(to: Credential)
    /// Reload the services: the file is right and they serve something else.
    case reload
    /// Make a key and keep it for the next certificate.
    case stageKey
    /// Ask the authority for a certificate for the staged key.
    case issue(StagedKey)
}

/// What a step decided.
package struct RolloverStep: Hashable, Sendable {
    /// The state from here on; on disk before the action begins.
    package var state: RolloverState
    /// What to do; nil: wait.
    package var action: RolloverAction?
    /// What it does or waits for, for people: `deploys the renewed certificate in 2 d 4 h (27 days before expiry)`.
    package var text: String
    /// When to look again at the latest.
    package var lookAgain: Date
    /// What just happened that somebody may want to know: a rollover began, was finished, was held, was rolled back.
    package var events: [Event]

    /// Something that happened.
    package struct Event: Hashable, Sendable {
        /// A stable word: `rollover-began`, `settled`, `deployed`, `finished`, `held`, `rolled-back`, ...
        package var code: String
        package var text: String
        package var isAlarm: Bool

        /// An event.
        package init(_ code: String, _ text: String, isAlarm: Bool = false) {
            self.code = code
            self.text = text
            self.isAlarm = isAlarm
        }
    }

    /// A decision.
    package init(
        state: RolloverState, action: RolloverAction? = nil, text: String, lookAgain: Date, events: [Event] = []
    ) {
        self.state = state
        self.action = action
        self.text = text
        self.lookAgain = lookAgain
        self.events = events
    }
}
