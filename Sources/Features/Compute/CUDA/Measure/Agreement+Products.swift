extension Agreement {
    /// Products of m x k by k x n (x, y, z of `size` are m, n, k) with each operand as it is and transposed, single and
    /// in a batch that adds to what is there.
    package static func products(
        _ device: Device, _ size: Dim3, _ precision: MatrixProduct.Precision
    ) throws(ComputeError) -> [Agreement] {
        var found: [Agreement] = []
        for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
            found.append(
                try product(device, size, precision, transposeA: transposeA, transposeB: transposeB, batch: 1))
        }
        found.append(try product(device, size, precision, transposeA: false, transposeB: false, batch: 3))
        if precision == .bf16 || precision == .fp16 { found.append(try narrowProduct(device, size, precision)) }
        return found
    }

    private static func product(
        _ device: Device, _ size: Dim3, _ precision: MatrixProduct.Precision, transposeA: Bool, transposeB: Bool,
        batch: Int
    ) throws(ComputeError) -> Agreement {
        let (m, n, k) = (size.x, size.y, size.z)
        var numbers = Numbers(seed: UInt64(m * 31 + n * 17 + k))
        let a = numbers.next(batch * m * k, precision), b = numbers.next(batch * k * n, precision)
        let c = numbers.next(batch * m * n, .fp32)
        let (left, right) = (try Operand(a, precision, device), try Operand(b, precision, device))
        let target = try Buffer<Float>(c, on: device)
        var product = MatrixProduct(
            m: m, n: n, k: k, a: left.address, b: right.address, c: target.address, transposeA: transposeA,
            transposeB: transposeB)
        (product.precision, product.batch, product.alpha) = (precision, batch, 0.5)
        (product.batchStrideA, product.batchStrideB, product.batchStrideC) = (m * k, k * n, m * n)
        product.beta = batch > 1 ? 2 : 0
        let given = product
        try device.defaultStream.backend.multiply(given)
        let results = try target.read()
        withExtendedLifetime((left, right)) {}
        let exact = Exact(given, a, b, c)
        let shape = [transposeA ? "A transposed" : nil, transposeB ? "B transposed" : nil, batch > 1 ? "batched" : nil]
        let name = (["product \(m)x\(n)x\(k) \(precision.rawValue)"] + shape.compactMap { $0 }).joined(separator: ", ")
        return Agreement(name, results, exact.values) { exact.bound($0) }
    }

    /// A product whose result has two-byte cells too.
    private static func narrowProduct(
        _ device: Device, _ size: Dim3, _ precision: MatrixProduct.Precision
    ) throws(ComputeError) -> Agreement {
        let (m, n, k) = (size.x, size.y, size.z)
        var numbers = Numbers(seed: UInt64(m * 13 + n * 7 + k))
        let a = numbers.next(m * k, precision), b = numbers.next(k * n, precision)
        let (left, right) = (try Operand(a, precision, device), try Operand(b, precision, device))
        let target = try Buffer<UInt16>(m * n, on: device)
        var product = MatrixProduct(m: m, n: n, k: k, a: left.address, b: right.address, c: target.address)
        (product.precision, product.narrowsResult) = (precision, true)
        let given = product
        try device.defaultStream.backend.multiply(given)
        let results = try target.read().map { Numbers.value($0, precision) }
        withExtendedLifetime((left, right)) {}
        let exact = Exact(given, a, b, [])
        // cuBLAS may add up the parts of a long sum in the cells' own type: 8 bits of bf16, 11 of fp16.
        let unit = precision == .bf16 ? 0x1p-7 : 0x1p-10
        let name = "product \(m)x\(n)x\(k) \(precision.rawValue), result too"
        return Agreement(name, results, exact.values) { exact.bound($0) + unit * exact.magnitudes[$0] }
    }

    /// What a product is in float64, and how far fp32 sums may be off it.
    private struct Exact {
        private(set) var values: [Double] = []
        /// Of each cell: the sum of its terms' magnitudes.
        private(set) var magnitudes: [Double] = []
        private let perTerm: Double

        init(_ product: MatrixProduct, _ a: [Float], _ b: [Float], _ c: [Float]) {
            // Each of k products and sums rounds by 2^-24 of the magnitudes at most; TF32 has 10 bits of each factor.
            let rounding = Double(product.k + 4) * 0x1p-24
            perTerm = rounding + (product.precision == .tf32 ? 2 * 0x1p-10 : 0)
            let (m, n, k) = (product.m, product.n, product.k)
            for index in 0..<(product.batch * m * n) {
                let (batch, row, column) = (index / (m * n), index / n % m, index % n)
                var (sum, magnitude) = (0.0, 0.0)
                for l in 0..<k {
                    let left = Double(a[batch * m * k + (product.transposeA ? l * m + row : row * k + l)])
                    let right = Double(b[batch * k * n + (product.transposeB ? column * k + l : l * n + column)])
                    sum += left * right
                    magnitude += abs(left * right)
                }
                let before = product.beta == 0 ? 0 : Double(product.beta) * Double(c[index])
                values.append(Double(product.alpha) * sum + before)
                magnitudes.append(Double(abs(product.alpha)) * magnitude + abs(before))
            }
        }

        func bound(_ index: Int) -> Double { perTerm * magnitudes[index] }
    }

    /// A matrix in the device's memory in the cells that the precision wants.
    private struct Operand {
        private let wide: Buffer<Float>?
        private let narrow: Buffer<UInt16>?

        init(_ cells: [Float], _ precision: MatrixProduct.Precision, _ device: Device) throws(ComputeError) {
            switch precision {
            case .fp32, .tf32: (wide, narrow) = (try Buffer(cells, on: device), nil)
            case .bf16:
                (wide, narrow) = (nil, try Buffer(cells.map { UInt16($0.bitPattern >> 16) }, on: device))
            case .fp16: (wide, narrow) = (nil, try Buffer(cells.map(Numbers.half), on: device))
            }
        }

        var address: UInt64 { wide?.address ?? narrow?.address ?? 0 }
    }
}

/// Numbers between -1 and 1 that are the same on every machine.
package struct Numbers {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// Multiples of 1/128 where cells of two bytes must hold them exactly, else of 2^-24.
    package mutating func next(_ count: Int, _ precision: MatrixProduct.Precision) -> [Float] {
        (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            switch precision {
            case .fp32, .tf32: return Float(Int(state >> 39) - 1 << 24) * 0x1p-24
            case .bf16, .fp16: return Float(Int(state >> 56) - 128) / 128
            }
        }
    }

    /// The number that two bytes of bf16 or fp16 are.
    package static func value(_ bits: UInt16, _ precision: MatrixProduct.Precision) -> Float {
        guard precision == .fp16 else { return Float(bitPattern: UInt32(bits) << 16) }
        let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
        let magnitude: Float =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
            }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }

    /// The bits of a half for a number that it holds exactly, a normal one or zero.
    package static func half(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(bits >> 16 & 0x8000)
        guard value != 0 else { return sign }
        return sign | UInt16((bits >> 23 & 0xFF) - 112) << 10 | UInt16(bits >> 13 & 0x3FF)
    }
}
