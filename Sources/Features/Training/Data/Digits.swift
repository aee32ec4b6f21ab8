import Glibc

/// Images of digits with their classes.
public struct Digits: Sendable, DigitSource {
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
        for index in 0..<count { labels.append(DrawnDigit.draw(index, seed: seed, into: &pixels)) }
        return Digits(side: 28, pixels: pixels, labels: labels)
    }

    var identity: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for pixel in pixels { hash = (hash ^ UInt64(pixel.bitPattern)) &* 0x100_0000_01b3 }
        for label in labels { hash = (hash ^ UInt64(UInt32(bitPattern: label))) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    func batch(_ places: [Int]) -> (pixels: [Float], labels: [Int32]) {
        let cells = side * side
        var result: [Float] = []
        result.reserveCapacity(places.count * cells)
        for place in places { result += pixels[place * cells..<(place + 1) * cells] }
        return (result, places.map { labels[$0] })
    }
}

/// Where a model gets its digits from.
protocol DigitSource {
    /// Cells a side.
    var side: Int { get }
    /// How many there are.
    var count: Int { get }
    /// A word that differs for other images or labels.
    var identity: String { get }
    /// Images by their places, one after the other, with their classes.
    func batch(_ places: [Int]) -> (pixels: [Float], labels: [Int32])
}
