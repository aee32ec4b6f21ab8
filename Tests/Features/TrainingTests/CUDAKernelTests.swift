import StewardCompute
import Testing

@testable import StewardTraining

/// The CUDA C kernels, on the processor, at sizes where their work is shared among many blocks.
@Suite(.serialized) struct CUDAKernelTests {
    private let kernels: any TensorKernels
    private let device: TensorDevice

    init() throws {
        device = try TensorDevice(.cpu, path: .cudaC)
        kernels = device.kernels
    }

    private func cells(_ values: [Float]) throws -> Cells<Float> {
        let cells = try Cells<Float>(values.count, on: device.device)
        try kernels.write(values, to: cells)
        return cells
    }

    private func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
        var numbers = Numbers(seed: seed)
        return numbers.next(count, .fp32)
    }

    /// The largest difference to what `exact` says of each cell.
    private func worst(_ found: Cells<Float>, _ exact: (Int) -> Double) throws -> Double {
        try kernels.read(found).enumerated().map { abs(Double($1) - exact($0)) }.max() ?? .infinity
    }

    @Test(arguments: [1, 255, 256, 257, 700, 9001], [false, true])
    func rowsAreAddedUpInParts(rows: Int, accumulates: Bool) throws {
        let columns = 37
        let x = numbers(rows * columns, 1), before = numbers(columns, 2)
        let out = try cells(before)
        try kernels.sumRows(cells(x), out, accumulate: accumulates)
        let error = try worst(out) { column in
            stride(from: column, to: x.count, by: columns).reduce(accumulates ? Double(before[column]) : 0) {
                $0 + Double(x[$1])
            }
        }
        #expect(error < 1e-6 * Double(rows))
    }

    @Test(arguments: [200, 1500], [false, true])
    func layerNormParametersAreAddedUpInParts(rows: Int, accumulates: Bool) throws {
        let columns = 45
        let (x, dy) = (numbers(rows * columns, 3), numbers(rows * columns, 4))
        let moments = numbers(rows, 5).map { $0 / 4 } + numbers(rows, 6).map { 1 + abs($0) }
        let before = numbers(columns, 7)
        let (dweight, dbias) = (try cells(before), try cells(before))
        try kernels.layerNormParameters(
            cells(x), moments: cells(moments), cells(dy), dweight: dweight, dbias: dbias,
            Extent(rows: rows, columns: columns), accumulate: accumulates)
        func exact(_ column: Int, _ term: (Int, Double) -> Double) -> Double {
            (0..<rows).reduce(accumulates ? Double(before[column]) : 0) { sum, row in
                sum + term(row, Double(dy[row * columns + column]))
            }
        }
        let weights = try worst(dweight) { column in
            exact(column) { row, slope in
                slope * (Double(x[row * columns + column]) - Double(moments[row])) * Double(moments[rows + row])
            }
        }
        let biases = try worst(dbias) { exact($0) { $1 } }
        #expect(max(weights, biases) < 2e-6 * Double(rows))
    }

    @Test(arguments: [40, 511, 512, 3000], [false, true])
    func rowsOfOneEntryAreAddedUpInParts(count: Int, accumulates: Bool) throws {
        let (entries, columns) = (7, 70)
        // Entry 3 has most of the rows, entry 6 none.
        let indices: [Int32] = (0..<count).map { place in place % 5 == 0 ? Int32(place / 5 % 6) : 3 }
        let dy = numbers(count * columns, 8), before = numbers(entries * columns, 9)
        let places = try Cells<Int32>(count, on: device.device)
        try kernels.write(indices, to: places)
        let table = try cells(before)
        try kernels.embedBackward(cells(dy), places, table, columns: columns, accumulate: accumulates)
        var exact = before.map { accumulates ? Double($0) : 0 }
        for (row, entry) in indices.enumerated() {
            for column in 0..<columns { exact[Int(entry) * columns + column] += Double(dy[row * columns + column]) }
        }
        let error = try worst(table) { exact[$0] }
        #expect(error < 1e-6 * Double(count))
    }

    @Test func aTableTooLargeForPartsIsAddedUpInOne() throws {
        let (entries, columns, count) = (70_000, 64, 600)
        let indices = (0..<count).map { Int32($0 * 7919 % entries) }
        let places = try Cells<Int32>(count, on: device.device)
        try kernels.write(indices, to: places)
        let table = try Cells<Float>(entries * columns, on: device.device)
        let dy = [Float](repeating: 1, count: count * columns)
        try kernels.embedBackward(cells(dy), places, table, columns: columns, accumulate: false)
        let found = try kernels.read(table)
        #expect(found.reduce(0, +) == Float(count * columns))
        #expect(found[7919 * 3 * columns] == 1)
    }

    /// Results and the gradient of queries, keys and values.
    private static func attention(
        _ path: TensorDevice.Path, batch: Int, heads: Int, isCausal: Bool
    ) throws -> (out: [Float], slopes: [Float]) {
        let tape = Tape(try TensorDevice(.cpu, path: path))
        var numbers = Numbers(seed: 10)
        let size = batch * 9 * 24
        let qkv = try tape.tensor(numbers.next(3 * size, .fp32), [batch, 9, 72], needsGradient: true)
        let out = try tape.attention(qkv, heads: heads, isCausal: isCausal)
        tape.retain(out)
        let weights = try tape.tensor(numbers.next(size, .fp32), [batch, 9, 24])
        try tape.backward(from: tape.sum(tape.multiply(out, weights)))
        return (try tape.values(of: out), try #require(try tape.gradientValues(of: qkv)))
    }

    @Test(arguments: [(1, 4), (2, 4), (3, 3), (5, 2), (4, 1)], [false, true])
    func attentionIsThatOfTheProcessor(_ shape: (batch: Int, heads: Int), isCausal: Bool) throws {
        let (batch, heads) = shape
        let c = try Self.attention(.native, batch: batch, heads: heads, isCausal: isCausal)
        let cuda = try Self.attention(.cudaC, batch: batch, heads: heads, isCausal: isCausal)
        #expect(difference(cuda.out, c.out) < 1e-6)
        #expect(difference(cuda.slopes, c.slopes) < 1e-6)
    }
}
