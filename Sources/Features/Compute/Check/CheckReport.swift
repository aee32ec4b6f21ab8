/// What the detectors saw in one launch of one kernel.
public struct CheckReport: Hashable, Sendable, Codable {
    /// The kernel's name.
    public var kernel: String
    /// The source's name.
    public var file: String
    /// What was launched.
    public var shape: LaunchShape
    /// What it was given.
    public var arguments: [LaunchArgument]
    /// Gravest first, then by line.
    public var findings: [Finding]
    /// Threads of the launch.
    public var threads: Int
    /// Accesses to memory that were looked at.
    public var accesses: Int
    /// Whether the launch ran to its end.
    public var isComplete: Bool
    /// What could not be looked at, a sentence each.
    public var limits: [String]

    /// A report.
    public init(
        kernel: String, file: String, shape: LaunchShape, arguments: [LaunchArgument], findings: [Finding],
        threads: Int, accesses: Int, isComplete: Bool, limits: [String] = []
    ) {
        (self.kernel, self.file, self.shape, self.arguments) = (kernel, file, shape, arguments)
        (self.findings, self.threads, self.accesses) = (findings, threads, accesses)
        (self.isComplete, self.limits) = (isComplete, limits)
    }

    /// Nothing that is wrong or may be; notes don't count.
    public var isClean: Bool { isComplete && findings.allSatisfy { $0.severity == .note } }
}

extension Finding.Severity: Comparable {
    /// Errors come first.
    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .error: 0
        case .warning: 1
        case .note: 2
        }
    }
}
