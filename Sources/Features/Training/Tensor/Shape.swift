/// The dimensions of a tensor, outermost first; cells lie row by row.
public struct Shape: Hashable, Sendable, Codable {
    /// Outermost first.
    public var dimensions: [Int]

    /// A shape of these dimensions; none for a scalar.
    public init(_ dimensions: [Int]) { self.dimensions = dimensions }

    /// How many cells there are; 1 for a scalar.
    public var count: Int { dimensions.reduce(1, *) }
    /// How many dimensions there are.
    public var rank: Int { dimensions.count }
}

extension Shape: ExpressibleByArrayLiteral {
    /// `[128, 784]`
    public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
    /// `[128, 784]`.
    public var description: String { "\(dimensions)" }
}
