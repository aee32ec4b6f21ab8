/// `C = alpha * op(A) * op(B) + beta * C`, row-major, on one device: what BLAS calls gemm.
/// A product of `batch` matrices has them at the given strides (in cells).
package struct MatrixProduct: Sendable {
    /// How products are computed; sums are kept in fp32 (fp64 for doubles).
    package enum Precision: String, Sendable, CaseIterable { case fp32, tf32, bf16, fp16 }

    package var m: Int
    package var n: Int
    package var k: Int
    package var transposeA = false
    package var transposeB = false
    package var alpha: Float = 1
    package var beta: Float = 0
    /// Addresses in the device's memory; fp32 cells (2-byte cells for bf16 and fp16, where C is fp32 unless
    /// `narrowsResult`).
    package var a: UInt64
    package var b: UInt64
    package var c: UInt64
    /// Cells from one row to the next.
    package var strideA: Int
    package var strideB: Int
    package var strideC: Int
    package var batch = 1
    package var batchStrideA = 0
    package var batchStrideB = 0
    package var batchStrideC = 0
    package var precision = Precision.fp32
    /// Whether C has the cells of A and B, rounded once from the fp32 sum, rather than fp32.
    package var narrowsResult = false

    /// A single product of whole matrices: A is m x k (k x m if transposed), B k x n (n x k if transposed), C m x n.
    package init(
        m: Int, n: Int, k: Int, a: UInt64, b: UInt64, c: UInt64, transposeA: Bool = false, transposeB: Bool = false
    ) {
        (self.m, self.n, self.k) = (m, n, k)
        (self.a, self.b, self.c) = (a, b, c)
        (self.transposeA, self.transposeB) = (transposeA, transposeB)
        strideA = transposeA ? m : k
        strideB = transposeB ? k : n
        strideC = n
    }
}
