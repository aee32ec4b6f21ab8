/// How a script behaves, from what its workers report; decides where its calls run.
package enum ScriptClass: String, Sendable {
    /// Not measured yet: runs where it can hold nobody up.
    case unknown
    /// Under a millisecond: batched on the primary workers.
    case quick
    /// Mostly asleep or streaming: one call to an overflow worker.
    case waiting
    /// Burns CPU: at most one call a core.
    case computing
}

/// The running estimate behind a script's class. Confined to the pool's event loop.
package struct ScriptProfile: Sendable {
    /// Estimated time in the script, microseconds.
    package private(set) var wall: Double = 0
    /// Estimated processor time, microseconds.
    package private(set) var cpu: Double = 0
    /// Calls measured so far.
    package private(set) var samples = 0
    /// Whether its last answer was streamed.
    package private(set) var streams = false
    private var isQuick = false

    /// Above this a script stops being quick, microseconds; below four fifths of it, it becomes quick again.
    package static let quickLimit: Double = 1000
    /// What the worker and the wire cost beside the script itself, microseconds.
    package static let overhead: Double = 12

    /// A profile without measurements.
    package init() {}

    /// Takes one measured call in. A single stall counts as at most four times what is expected, so that
    /// one hiccup doesn't reclassify a script; three in a row do.
    package mutating func record(wall measuredWall: Double, cpu measuredCPU: Double, streamed: Bool) {
        streams = streamed
        if samples == 0 {
            wall = measuredWall
            cpu = measuredCPU
            isQuick = wall < Self.quickLimit
        } else if samples == 1, measuredWall < wall {
            // What a first call pays once (imports inside functions, connections) tells nothing about the next.
            wall = measuredWall
            cpu = measuredCPU
            isQuick = wall < Self.quickLimit
        } else {
            wall += (min(measuredWall, wall * 4 + 200) - wall) / 8
            cpu += (min(measuredCPU, cpu * 4 + 200) - cpu) / 8
            if wall >= Self.quickLimit { isQuick = false } else if wall < Self.quickLimit * 0.8 { isQuick = true }
        }
        samples += 1
    }

    /// Forgets everything, as after an edit of the script.
    package mutating func reset() { self = ScriptProfile() }

    /// Where its calls run.
    package var scriptClass: ScriptClass {
        if samples == 0 { return .unknown }
        if streams { return .waiting }
        if isQuick { return .quick }
        return cpu * 2 > wall ? .computing : .waiting
    }

    /// What one more call is expected to cost a worker, microseconds.
    package var estimate: Double { wall + Self.overhead }
}
