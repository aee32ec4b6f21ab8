import CCompute
import Testing

/// Repeats: the same seed, the same numbers.
struct SampleNumbers {
    private var state: UInt32
    init(seed: Int) { state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761 &+ 1) }

    /// Below 1, either sign.
    mutating func next() -> Float {
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(state >> 8) / 8_388_608 - 1
    }
}

/// One product of random matrices whose rows have `gap` cells between them, with traps: the gaps of A and B and, with
/// beta 0, C hold NaN, which must not get into the result; the gaps of C must stay as they are.
struct ProductSample {
    var m = 1
    var n = 1
    var k = 1
    var transposeA = false
    var transposeB = false
    var alpha: Float = 1
    var beta: Float = 0
    var gap = 0

    private static let untouched: Float = 77

    /// Computes it and returns what is wrong, at first sight; nil if nothing is.
    func fault(_ compute: (ProductOperands) -> Void) -> String? {
        var numbers = SampleNumbers(seed: (m * 131 + n) * 131 + k)
        func matrix(_ rows: Int, _ columns: Int, gap filler: Float, _ cell: (inout SampleNumbers) -> Float) -> [Float] {
            (0..<rows * (columns + gap)).map { $0 % (columns + gap) < columns ? cell(&numbers) : filler }
        }
        let a = matrix(transposeA ? k : m, transposeA ? m : k, gap: .nan) { $0.next() }
        let b = matrix(transposeB ? n : k, transposeB ? k : n, gap: .nan) { $0.next() }
        let before = matrix(m, n, gap: Self.untouched) { beta == 0 ? .nan : $0.next() }
        var c = before
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    compute(
                        ProductOperands(
                            sample: self, a: a.baseAddress!, b: b.baseAddress!, c: c.baseAddress!,
                            lda: (transposeA ? m : k) + gap, ldb: (transposeB ? k : n) + gap, ldc: n + gap))
                }
            }
        }
        return compare(a, b, before, c)
    }

    /// Against sums in double precision.
    private func compare(_ a: [Float], _ b: [Float], _ before: [Float], _ c: [Float]) -> String? {
        let (lda, ldb, ldc) = ((transposeA ? m : k) + gap, (transposeB ? k : n) + gap, n + gap)
        let (rowA, stepA) = transposeA ? (1, lda) : (lda, 1)
        let (columnB, stepB) = transposeB ? (ldb, 1) : (1, ldb)
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for i in 0..<m {
                    for j in 0..<n {
                        var (sum, size) = (0.0, 0.0)
                        var (x, y) = (i * rowA, j * columnB)
                        for _ in 0..<k {
                            let term = Double(a[x]) * Double(b[y])
                            sum += term
                            size += term.magnitude
                            x += stepA
                            y += stepB
                        }
                        let old = beta == 0 ? 0 : Double(beta) * Double(before[i * ldc + j])
                        let expected = Double(alpha) * sum + old
                        let allowed = 1e-6 * (Double(alpha.magnitude) * size + old.magnitude) + 1e-9
                        let found = Double(c[i * ldc + j])
                        guard (found - expected).magnitude <= allowed else {
                            return "\(self): (\(i), \(j)) is \(found), not \(expected)"
                        }
                    }
                    for j in n..<ldc where c[i * ldc + j] != Self.untouched {
                        return "\(self): written past the end of row \(i)"
                    }
                }
                return nil
            }
        }
    }
}

/// What a product is given.
struct ProductOperands {
    let sample: ProductSample
    let a: UnsafePointer<Float>
    let b: UnsafePointer<Float>
    let c: UnsafeMutablePointer<Float>
    let lda: Int
    let ldb: Int
    let ldc: Int

    func multiply() {
        steward_sgemm(
            sample.transposeA ? 1 : 0, sample.transposeB ? 1 : 0, sample.m, sample.n, sample.k, sample.alpha, a, lda, b,
            ldb, sample.beta, c, ldc)
    }
}
