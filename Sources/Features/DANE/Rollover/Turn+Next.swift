internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Turn {
    /// Mode `next`: takes up the key that waits.
    mutating func noticeNext() {
        guard policy.mode == .next else {
            state.next = nil
            state.nextSpread = nil
            return
        }
        let staged = seen.staged.flatMap { staged in
            staged.spki == state.current?.spki || state.compromised.contains(staged.spki) ? nil : staged
        }
        if let next = state.next, staged?.spki != next.spki, state.candidate?.spki != next.spki {
            tell(.stagedMissing, "The key that waited is gone; another one is made and published.")
            state.next = nil
            state.nextSpread = nil
        }
        guard state.next == nil, let staged, state.phase == .steady else { return }
        state.next = staged
        state.nextSpread = nil
        tell(.keyStaged, "A key waits as the next one; its record is being published.")
    }

    /// Makes a key where none waits; whether it does.
    mutating func stage() -> Bool {
        guard state.next == nil, state.current != nil else { return false }
        propose(.stageKey, "stage", doing: "makes the next key", first: 60, most: 3600)
        return true
    }

    /// Phase issuing. The authority limits how often it may be asked.
    mutating func issue() {
        if state.candidate != nil { return enter(.publishing) }
        guard let next = state.next, state.request != nil else { return enter(.steady) }
        propose(.issue(next), "issue", doing: "asks for a certificate for the next key", first: 300, most: 6 * 3600)
    }
}
