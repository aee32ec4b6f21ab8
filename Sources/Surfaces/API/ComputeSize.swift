/// The size of a grid or of a block. JSON takes `4096`, `"16x16"` and `[16, 16]`; three numbers are written.
public struct ComputeSize: Hashable, Sendable {
    /// Along the dimension that runs fastest.
    public var x: Int
    /// Rows.
    public var y: Int
    /// Layers.
    public var z: Int

    /// A size; what is left out is 1.
    public init(_ x: Int, _ y: Int = 1, _ z: Int = 1) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// From `4096`, `16x16`, `8x8x4` or `16,16`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "x" || $0 == "," }
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count else { return nil }
        self.init(numbers)
    }

    private init?(_ numbers: [Int]) {
        guard (1...3).contains(numbers.count), numbers.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
            return nil
        }
        self.init(numbers[0], numbers.count > 1 ? numbers[1] : 1, numbers.count > 2 ? numbers[2] : 1)
    }
}

extension ComputeSize: Codable {
    /// - Throws: `DecodingError` that says what a size looks like.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let size: ComputeSize? =
            if let number = try? container.decode(Int.self) {
                ComputeSize([number])
            } else if let text = try? container.decode(String.self) {
                ComputeSize(text)
            } else {
                (try? container.decode([Int].self)).flatMap { ComputeSize($0) }
            }
        guard let size else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a size is 4096, \"16x16\" or [16, 16, 1]")
        }
        self = size
    }

    /// As three numbers.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([x, y, z])
    }
}

extension ComputeSize: CustomStringConvertible {
    /// `4096`, `16x16` or `8x8x4`.
    public var description: String { z == 1 ? (y == 1 ? "\(x)" : "\(x)x\(y)") : "\(x)x\(y)x\(z)" }
}

/// A length of time. JSON takes seconds (`2.5`) and `"500ms"`, `"10s"`, `"5m"`; seconds are written.
public struct ComputeTime: Hashable, Sendable {
    /// Seconds.
    public var seconds: Double

    /// So many seconds.
    public init(seconds: Double) { self.seconds = seconds }

    /// From `500ms`, `10s`, `5m`, `1h`; nil for anything else.
    public init?(_ text: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
        guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let number = Double(text.dropLast(unit.count)), Self.range.contains(number * factor)
        else { return nil }
        seconds = number * factor
    }

    /// Above 0 and so small that sums with it are times, too: thirty years.
    static let range = Double.leastNonzeroMagnitude...1e9
}

extension ComputeTime: Codable {
    /// - Throws: `DecodingError` that says what a time looks like.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self), Self.range.contains(number) {
            seconds = number
        } else if let text = try? container.decode(String.self), let time = ComputeTime(text) {
            self = time
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a time is a number of seconds above 0, or \"500ms\", \"10s\", \"5m\"")
        }
    }

    /// As seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(seconds)
    }
}
