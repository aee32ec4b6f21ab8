/// What the lane's decisions go by. Times are in seconds.
package struct LanePolicy: Hashable, Sendable {
    /// Shares by caller; others have one.
    package var shares: [String: Double] = [:]
    /// After so long a used GPU-second counts half.
    package var halfLife: Double = 3600
    /// The longest lease; nil: as long as its tree lives.
    package var longestLease: Double?
    /// Reserved memory may add up to more than the card has.
    package var overcommit = false
    /// A grant whose holder has not started by then ends.
    package var startPatience: Double = 30
    /// How long the end of a lease may take: what is left of a tree is asked to end, then made to.
    package var grace: Double = 5
    /// The most tickets that wait.
    package var queue = 10_000

    /// The defaults.
    package init() {}

    func share(of caller: String) -> Double { max(shares[caller] ?? 1, 1e-6) }
}
