import Glibc

/// Images of digits with their classes.
public struct Digits: Sendable {
    /// Cells a side.
    public let side: Int
    /// side * side cells from 0 to 1 for each image.
    public let pixels: [Float]
    /// 0 to 9 for each image.
    public let labels: [Int32]
    /// How many there are.
    public var count: Int { labels.count }

    /// Images that are there.
    public init(side: Int, pixels: [Float], labels: [Int32]) {
        precondition(pixels.count == side * side * labels.count, "each label has an image")
        self.side = side
        self.pixels = pixels
        self.labels = labels
    }

    /// `count` digits of 28 x 28 cells, drawn from a small font, turned, moved, stretched and with noise, all by the seed.
    public static func drawn(_ count: Int, seed: UInt64) -> Digits {
        var (pixels, labels): ([Float], [Int32]) = ([], [])
        pixels.reserveCapacity(count * 784)
        for index in 0..<count {
            var randomness = Randomness(seed: seed, stream: UInt64(index))
            let digit = randomness.below(10)
            labels.append(Int32(digit))
            DrawnDigit(digit, &randomness).draw(into: &pixels, &randomness)
        }
        return Digits(side: 28, pixels: pixels, labels: labels)
    }

    /// Some of the images.
    func part(_ range: Range<Int>) -> Digits {
        let cells = side * side
        return Digits(
            side: side, pixels: Array(pixels[range.lowerBound * cells..<range.upperBound * cells]),
            labels: Array(labels[range]))
    }

    /// Images by their places, one after the other.
    func batch(_ places: [Int]) -> (pixels: [Float], labels: [Int32]) {
        let cells = side * side
        var result: [Float] = []
        result.reserveCapacity(places.count * cells)
        for place in places { result += pixels[place * cells..<(place + 1) * cells] }
        return (result, places.map { labels[$0] })
    }
}

/// One digit's place on its image.
private struct DrawnDigit {
    private static let font: [[UInt8]] = [
        [14, 17, 19, 21, 25, 17, 14], [4, 12, 4, 4, 4, 4, 14], [14, 17, 1, 2, 4, 8, 31], [31, 2, 4, 2, 1, 17, 14],
        [2, 6, 10, 18, 31, 2, 2], [31, 16, 30, 1, 1, 17, 14], [6, 8, 16, 30, 17, 17, 14], [31, 1, 2, 4, 8, 8, 8],
        [14, 17, 17, 14, 17, 17, 14], [14, 17, 17, 15, 1, 2, 12],
    ]

    private let glyph: [UInt8]
    private let turn: Float
    private let scale: (Float, Float)
    private let centre: (Float, Float)

    init(_ digit: Int, _ randomness: inout Randomness) {
        func between(_ low: Float, _ high: Float) -> Float { low + (high - low) * Float(randomness.uniform()) }
        glyph = Self.font[digit]
        turn = between(-0.3, 0.3)
        scale = (between(2.4, 3.4), between(2.4, 3.2))
        centre = (between(11.5, 15.5), between(11.5, 15.5))
    }

    /// The font's cell at a place, 0 outside.
    private func cell(_ x: Int, _ y: Int) -> Float {
        (0..<5).contains(x) && (0..<7).contains(y) ? Float(glyph[y] >> UInt8(4 - x) & 1) : 0
    }

    func draw(into pixels: inout [Float], _ randomness: inout Randomness) {
        let (sine, cosine) = (sin(turn), cos(turn))
        for row in 0..<28 {
            for column in 0..<28 {
                let (dx, dy) = (Float(column) - centre.0, Float(row) - centre.1)
                let x = (cosine * dx + sine * dy) / scale.0 + 2
                let y = (cosine * dy - sine * dx) / scale.1 + 3
                let (left, top) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
                let (fx, fy) = (x - Float(left), y - Float(top))
                let ink =
                    (cell(left, top) * (1 - fx) + cell(left + 1, top) * fx) * (1 - fy)
                    + (cell(left, top + 1) * (1 - fx) + cell(left + 1, top + 1) * fx) * fy
                pixels.append(min(1, max(0, ink * 1.4 + Float(randomness.uniform() - 0.5) * 0.2)))
            }
        }
    }
}
