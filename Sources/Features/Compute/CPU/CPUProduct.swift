import CCompute

/// Matrix products in the processor's memory.
enum CPUProduct {
    /// - Throws: ``ComputeError/Code/unsupported`` for numbers that the processor doesn't multiply.
    static func check(_ product: MatrixProduct) throws(ComputeError) {
        // TF32 is what a GPU may round to for speed; fp32 is no worse.
        guard product.precision == .fp32 || product.precision == .tf32 else {
            throw ComputeError(
                .unsupported,
                "The processor multiplies fp32 matrices; those of \(product.precision.rawValue) need a GPU, or to be "
                    + "converted to fp32.")
        }
    }

    static func run(_ product: MatrixProduct) {
        steward_sgemm_batch(
            product.batch, product.transposeA ? 1 : 0, product.transposeB ? 1 : 0, product.m, product.n, product.k,
            product.alpha, cells(product.a), product.strideA, product.batchStrideA, cells(product.b), product.strideB,
            product.batchStrideB, product.beta, cells(product.c), product.strideC, product.batchStrideC)
    }

    private static func cells(_ address: UInt64) -> UnsafeMutablePointer<Float>? {
        UnsafeMutablePointer(bitPattern: UInt(address))
    }
}
