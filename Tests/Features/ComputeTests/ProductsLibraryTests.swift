import CCompute
import Foundation
import StewardCompute
import Testing

extension ProcessorWideTests {
    @Suite struct ProductsLibraryTests {
        private func reason(_ word: String) -> String {
            defer { steward_products_choose("auto") }
            let error = #expect(throws: ComputeError.self) { try ProductsLibrary.choose(word) }
            #expect(ProductsLibrary.current.name.hasPrefix("own kernels"))
            let sample = ProductSample(m: 33, n: 35, k: 37)
            #expect(sample.fault { $0.multiply() } == nil)
            return error?.message ?? ""
        }

        @Test func aPathWithNoLibraryIsAReason() {
            #expect(reason("/nowhere/libopenblas.so.0").contains("/nowhere/libopenblas.so.0"))
        }

        @Test func aLibraryThatIsNoOpenBLASIsAReason() throws {
            let libraries = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"]
            let path = try #require(libraries.first(where: FileManager.default.fileExists(atPath:)))
            #expect(reason(path).contains("\(path) has no function cblas_sgemm"))
        }

        @Test func aFileThatIsNoLibraryIsAReason() throws {
            let path = FileManager.default.temporaryDirectory.appending(path: "not-a-library-\(UUID())").path
            try Data("text".utf8).write(to: URL(filePath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(reason(path).contains(path))
        }

        @Test func anUnknownWordIsAReasonWithTheWordsThereAre() {
            #expect(reason("mkl").contains("'mkl': it is auto, none, openblas"))
        }

        @Test func kernelsThatTheProcessorLacksAreAReason() {
            for word in ["avx2", "avx512", "neon"] where !ProductsTests.available.contains(word) {
                #expect(reason(word).hasPrefix("This processor has no"))
            }
        }

        @Test func noneMeansOwnKernelsAndNeedsNoReason() throws {
            defer { steward_products_choose("auto") }
            try ProductsLibrary.choose("none")
            #expect(ProductsLibrary.current.name == "own kernels (\(String(cString: steward_simd())))")
            #expect(ProductsLibrary.current.reason == nil)
        }

        @Test(.enabled(if: ProductsTests.available.contains("openblas"), "not run: needs libopenblas0-pthread"))
        func openBLASIsNamedWithItsVersionAndCore() throws {
            defer { steward_products_choose("auto") }
            try ProductsLibrary.choose("openblas")
            #expect(ProductsLibrary.current.name.firstMatch(of: /^OpenBLAS \d+\.\d+\.\d+ \(\w+\)$/) != nil)
            let sample = ProductSample(m: 211, n: 199, k: 197, alpha: 0.5, beta: 1, gap: 3)
            #expect(sample.fault { $0.multiply() } == nil)
        }
    }
}
