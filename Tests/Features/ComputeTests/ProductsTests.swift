import CCompute
import Foundation
import StewardCompute
import Testing

/// By what products are computed is the process's, and so are the threads: one test at a time.
@Suite(.serialized) enum ProcessorWideTests {}

extension ProcessorWideTests {
    @Suite struct ProductsTests {
        /// What can be chosen on this machine.
        static let available = ["portable", "avx2", "avx512", "neon", "openblas"].filter { word in
            defer { steward_products_choose("auto") }
            return steward_products_choose(word) != 0
        }

        static let transpositions = [(false, false), (false, true), (true, false), (true, true)]

        /// Runs `body` with one kind of products.
        func with(_ word: String, threads: Int32 = 2, _ body: () throws -> Void) rethrows {
            #expect(steward_products_choose(word) != 0)
            steward_set_threads(threads)
            defer {
                steward_products_choose("auto")
                steward_set_threads(0)
            }
            try body()
        }

        @Test(arguments: available) func everySizeAroundTheTilesIsRight(_ word: String) {
            let sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 23, 28, 29, 31, 32, 33, 47, 48, 64, 67]
            let depths = [1, 2, 3, 4, 5, 7, 16, 19]
            let factors: [(Float, Float)] = [(1, 0), (0.5, 1), (-2, -0.7), (1, 1)]
            with(word) {
                for (i, m) in sizes.enumerated() {
                    for (j, n) in sizes.enumerated() {
                        let (transposeA, transposeB) = Self.transpositions[(i + j / 2) % 4]
                        let (alpha, beta) = factors[(i + 3 * j) % 4]
                        let sample = ProductSample(
                            m: m, n: n, k: depths[(i * 5 + j) % depths.count], transposeA: transposeA,
                            transposeB: transposeB, alpha: alpha, beta: beta, gap: (i + j) % 3)
                        #expect(sample.fault { $0.multiply() } == nil)
                    }
                }
            }
        }

        @Test(arguments: available) func everyTranspositionIsRightWithEveryFactor(_ word: String) {
            with(word) {
                for (transposeA, transposeB) in Self.transpositions {
                    for (alpha, beta) in [(1, 0), (0.5, 1), (-2, -0.7), (0, 0), (0, 0.5)] as [(Float, Float)] {
                        for (m, n, k) in [(19, 37, 11), (37, 19, 0), (1, 53, 29), (53, 1, 29), (1, 1, 97)] {
                            let sample = ProductSample(
                                m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, alpha: alpha,
                                beta: beta,
                                gap: 5)
                            #expect(sample.fault { $0.multiply() } == nil)
                        }
                    }
                }
            }
        }

        @Test(arguments: available) func productsBeyondOneBlockAreRight(_ word: String) {
            with(word) {
                for (index, (m, n, k)) in [(37, 41, 811), (2069, 3, 5), (3, 4127, 5), (101, 103, 107)].enumerated() {
                    for (transposition, beta) in [(index, 0), (3 - index, -0.7)] as [(Int, Float)] {
                        let (transposeA, transposeB) = Self.transpositions[transposition]
                        let sample = ProductSample(
                            m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, alpha: 0.5, beta: beta,
                            gap: 1)
                        #expect(sample.fault { $0.multiply() } == nil)
                    }
                }
            }
        }

        @Test func anyNumberOfThreadsGivesTheSameBits() {
            func product(_ threads: Int32) -> [Float] {
                var numbers = SampleNumbers(seed: 5)
                let (m, n, k) = (131, 113, 97)
                let a = (0..<m * k).map { _ in numbers.next() }
                let b = (0..<k * n).map { _ in numbers.next() }
                var c = [Float](repeating: .nan, count: m * n)
                with("none", threads: threads) { steward_sgemm(0, 0, m, n, k, 1, a, k, b, n, 0, &c, n) }
                return c
            }
            let alone = product(1)
            for threads: Int32 in 2...4 { #expect(product(threads) == alone) }
        }

        @Test(arguments: available) func severalCallersAtATimeGetTheirOwnResults(_ word: String) async {
            steward_products_choose(word)
            defer {
                steward_products_choose("auto")
                steward_set_threads(0)
            }
            await withTaskGroup(of: String?.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        steward_set_threads(Int32(1 + number % 4))
                        let (transposeA, transposeB) = Self.transpositions[number % 4]
                        let sample = ProductSample(
                            m: 61 + number, n: 83, k: 67, transposeA: transposeA, transposeB: transposeB, beta: 1)
                        return sample.fault { $0.multiply() }
                    }
                }
                for await fault in group { #expect(fault == nil) }
            }
        }

        @Test(arguments: available) func aBatchIsItsProducts(_ word: String) throws {
            try with(word) {
                for (batch, m, n, k) in [(1, 5, 6, 7), (3, 70, 66, 64), (16, 33, 17, 19), (40, 8, 8, 8)] {
                    var numbers = SampleNumbers(seed: batch)
                    let a = (0..<batch * m * k).map { _ in numbers.next() }
                    let b = (0..<batch * n * k).map { _ in numbers.next() }
                    let device = try Device.select(.cpu)
                    let buffers = (try Buffer(a, on: device), try Buffer(b, on: device))
                    let c = try Buffer<Float>(batch * m * n, on: device)
                    var product = MatrixProduct(
                        m: m, n: n, k: k, a: buffers.0.address, b: buffers.1.address, c: c.address, transposeB: true)
                    product.batch = batch
                    (product.batchStrideA, product.batchStrideB, product.batchStrideC) = (m * k, n * k, m * n)
                    try device.defaultStream.backend.multiply(
                        product, keeping: buffers.0.allocation, buffers.1.allocation, c.allocation)
                    let found = try c.read()
                    for index in 0..<batch {
                        var single = [Float](repeating: 0, count: m * n)
                        let (partA, partB) = (Array(a[(index * m * k)...]), Array(b[(index * n * k)...]))
                        steward_sgemm(0, 1, m, n, k, 1, partA, k, partB, k, 0, &single, n)
                        #expect(Array(found[(index * m * n)..<((index + 1) * m * n)]) == single)
                    }
                }
            }
        }

        @Test func matricesOfTwoByteCellsAreRefusedWithTheWayOut() throws {
            let device = try Device.select(.cpu)
            let cell = try Buffer<Float>([1], on: device)
            var product = MatrixProduct(m: 1, n: 1, k: 1, a: cell.address, b: cell.address, c: cell.address)
            product.precision = .tf32
            try device.defaultStream.backend.multiply(product, keeping: cell.allocation)
            try device.synchronize()
            product.precision = .bf16
            let error = #expect(throws: ComputeError.self) { try device.defaultStream.backend.multiply(product) }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("converted to fp32") == true)
        }
    }
}
