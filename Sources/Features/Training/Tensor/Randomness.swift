import Glibc

/// Random numbers that are a function of a seed, a stream and a counter (Philox 4x32-10): nothing to keep but numbers,
/// so that a run that goes on where it stopped draws what it would have drawn.
public struct Randomness: RandomNumberGenerator, Sendable {
    private let key: (UInt32, UInt32)
    private let stream: UInt64
    private var counter: UInt64 = 0
    private var waiting: [UInt32] = []

    /// The numbers of one stream of a seed, from the first.
    public init(seed: UInt64, stream: UInt64) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.stream = stream
    }

    /// 64 bits.
    public mutating func next() -> UInt64 {
        if waiting.isEmpty {
            waiting = Self.philox(
                [
                    UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32),
                    UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32),
                ], key)
            counter += 1
        }
        let low = UInt64(waiting.removeLast())
        return UInt64(waiting.removeLast()) << 32 | low
    }

    /// From 0 to below 1.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normally distributed with mean 0 and variance 1 (Box and Muller).
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * Double.pi * uniform())
    }

    /// From 0 to below `limit`.
    public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011).
    package static func philox(_ counter: [UInt32], _ key: (UInt32, UInt32)) -> [UInt32] {
        var (c, k) = (counter, key)
        for _ in 0..<10 {
            let a = UInt64(0xD251_1F53) * UInt64(c[0])
            let b = UInt64(0xCD9E_8D57) * UInt64(c[2])
            c = [
                UInt32(b >> 32) ^ c[1] ^ k.0, UInt32(truncatingIfNeeded: b), UInt32(a >> 32) ^ c[3] ^ k.1,
                UInt32(truncatingIfNeeded: a),
            ]
            k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
        }
        return c
    }
}
