/// The dimensions of a tensor, outermost first; cells lie row by row.
public struct Shape: Hashable, Sendable, Codable {
    public var dimensions: [Int]

    public init(_ dimensions: [Int]) { self.dimensions = dimensions }

    /// How many cells there are; 1 for a scalar.
    public var count: Int { dimensions.reduce(1, *) }
    /// How many dimensions there are.
    public var rank: Int { dimensions.count }
}

extension Shape: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
    /// `[128, 784]`.
    public var description: String { "\(dimensions)" }
}
