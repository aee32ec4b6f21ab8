/// What a pool has done since its start.
package struct PoolCounters: Sendable {
    /// Workers asked for.
    package var forks = 0
    /// Workers that ended by themselves.
    package var crashes = 0
    /// Workers killed at a deadline or for a client that left.
    package var kills = 0
    /// Calls lost with a worker.
    package var crashedCalls = 0
    /// Calls that their script failed.
    package var failures = 0
    /// Times a stalled worker was asked to give back.
    package var pokes = 0
    /// Calls handed back.
    package var givenBack = 0

    /// A pool that has done nothing.
    package init() {}

    /// What two pools have done together.
    package static func + (left: PoolCounters, right: PoolCounters) -> PoolCounters {
        var sum = left
        sum.forks += right.forks
        sum.crashes += right.crashes
        sum.kills += right.kills
        sum.crashedCalls += right.crashedCalls
        sum.failures += right.failures
        sum.pokes += right.pokes
        sum.givenBack += right.givenBack
        return sum
    }
}
