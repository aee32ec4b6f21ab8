/// What a request about one kernel may ask for.
package enum KernelLimits {
    /// Runs at most.
    package static let repetitions = 10_000
    /// Cells of an output that are answered at most.
    package static let cells = 65_536
}
