import CCompute

/// By what the processor multiplies matrices: OpenBLAS where it was found, or this program's own kernels.
public struct ProductsLibrary: Hashable, Sendable, Codable {
    /// `OpenBLAS 0.3.21 (SkylakeX)`, `own kernels (AVX-512)`.
    public var name: String
    /// Why OpenBLAS, or what was asked for, isn't used; nil where it is.
    public var reason: String?

    /// What is used. The environment's variable `STEWARD_BLAS` chooses: `auto`, `none`, `openblas`, the path of an
    /// OpenBLAS, or one kind of own kernels: `avx512`, `avx2`, `neon`, `portable`.
    public static var current: ProductsLibrary {
        ProductsLibrary(
            name: String(cString: steward_products_name()),
            reason: steward_products_reason().map { String(cString: $0) })
    }

    /// Uses another from now on: one of the words of `STEWARD_BLAS`.
    /// - Throws: ``ComputeError/Code/unsupported`` with the reason; own kernels are then used.
    package static func choose(_ word: String) throws(ComputeError) {
        if steward_products_choose(word) != 0 { return }
        throw ComputeError(.unsupported, current.reason ?? "'\(word)' can't be used.")
    }
}
