import Glibc

/// Some of the images of ``Digits/drawn(_:seed:)``, each drawn when it is asked for first.
final class DrawnDigits: DigitSource {
    let side = 28
    let count: Int
    let identity = "drawn"
    private let first: Int
    private let seed: UInt64
    private var known: [Int: (pixels: [Float], label: Int32)] = [:]

    init(_ range: Range<Int>, seed: UInt64) {
        (first, count, self.seed) = (range.lowerBound, range.count, seed)
    }

    func batch(_ places: [Int]) -> (pixels: [Float], labels: [Int32]) {
        var result: (pixels: [Float], labels: [Int32]) = ([], [])
        result.pixels.reserveCapacity(places.count * side * side)
        for place in places {
            let image = image(place)
            result.pixels += image.pixels
            result.labels.append(image.label)
        }
        return result
    }

    private func image(_ place: Int) -> (pixels: [Float], label: Int32) {
        if let image = known[place] { return image }
        var pixels: [Float] = []
        let label = DrawnDigit.draw(first + place, seed: seed, into: &pixels)
        known[place] = (pixels, label)
        return (pixels, label)
    }
}

/// One digit's place on its image.
struct DrawnDigit {
    private static let font: [[UInt8]] = [
        [14, 17, 19, 21, 25, 17, 14], [4, 12, 4, 4, 4, 4, 14], [14, 17, 1, 2, 4, 8, 31], [31, 2, 4, 2, 1, 17, 14],
        [2, 6, 10, 18, 31, 2, 2], [31, 16, 30, 1, 1, 17, 14], [6, 8, 16, 30, 17, 17, 14], [31, 1, 2, 4, 8, 8, 8],
        [14, 17, 17, 14, 17, 17, 14], [14, 17, 17, 15, 1, 2, 12],
    ]

    /// Appends the image with this number, as the seed has it.
    /// - Returns: its class.
    static func draw(_ index: Int, seed: UInt64, into pixels: inout [Float]) -> Int32 {
        var randomness = Randomness(seed: seed, stream: UInt64(index))
        let digit = randomness.below(10)
        DrawnDigit(digit, &randomness).draw(into: &pixels, &randomness)
        return Int32(digit)
    }

    private let glyph: [UInt8]
    private let turn: Float
    private let scale: (Float, Float)
    private let centre: (Float, Float)

    private init(_ digit: Int, _ randomness: inout Randomness) {
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

    private func draw(into pixels: inout [Float], _ randomness: inout Randomness) {
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
