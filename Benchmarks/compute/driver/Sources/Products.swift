import CCompute
import Foundation
import StewardCompute

/// `cblas_sgemm` of an OpenBLAS that this program opens itself, beside Steward's.
private struct PlainOpenBLAS {
    typealias Product =
        @convention(c) (
            Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
            Float,
            UnsafeMutablePointer<Float>, Int32
        ) -> Void
    let product: Product
    let setThreads: @convention(c) (Int32) -> Void

    init?() {
        guard let library = dlopen("libopenblas.so.0", RTLD_NOW), let product = dlsym(library, "cblas_sgemm"),
            let setThreads = dlsym(library, "openblas_set_num_threads")
        else { return nil }
        self.product = unsafeBitCast(product, to: Product.self)
        self.setThreads = unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)
    }
}

/// GFLOP/s of 1024 x 1024 x 1024: own kernels, Steward with OpenBLAS, and OpenBLAS with its own threads, turn by turn.
func products(_ rounds: Int) throws -> Samples {
    let size = 1024
    let a = (0..<size * size).map { Float($0 % 13) - 6 }
    let b = (0..<size * size).map { Float($0 % 11) - 5 }
    var c = [Float](repeating: 0, count: size * size)
    let (blas, operations) = (PlainOpenBLAS(), 2 * Double(size * size) * Double(size))
    var samples: Samples = [:]
    func add(_ row: String, _ work: () -> Void) {
        // OpenBLAS's own threads look out for work for some 30 ms, in the way of who comes next.
        usleep(60_000)
        samples[row, default: []].append(operations / shortest(of: 3, work) / 1e9)
    }
    for _ in 0..<rounds {
        for threads: Int32 in 1...2 {
            steward_set_threads(threads)
            for (row, word) in [("own kernels", "none"), ("Steward with OpenBLAS", "openblas")] {
                guard steward_products_choose(word) != 0 else { continue }
                add("\(row), \(threads)") {
                    steward_sgemm(0, 0, size, size, size, 1, a, size, b, size, 0, &c, size)
                }
            }
            guard let blas else { continue }
            let n = Int32(size)
            blas.setThreads(threads)
            add("OpenBLAS, \(threads)") { blas.product(101, 111, 111, n, n, n, 1, a, n, b, n, 0, &c, n) }
            // Steward calls it with one thread of its own; it is the same library.
            blas.setThreads(1)
        }
    }
    return samples
}
