import CCompute
import Glibc
import StewardCompute

/// The operations by the C kernels for this processor. They run in the caller's thread and the pool's at once.
package final class CPUKernels: TensorKernels {
    package init() {}

    package func fill(_ x: Cells<Float>, _ value: Float) throws(ComputeError) {
        steward_tensor_fill(x.pointer, value, x.count)
    }

    package func copy(_ x: Cells<Float>, to y: Cells<Float>) throws(ComputeError) {
        memmove(y.pointer, x.pointer, x.count * 4)
    }

    package func write<Value: Element>(_ values: [Value], to x: Cells<Value>) throws(ComputeError) {
        precondition(values.count <= x.count)
        values.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { memcpy(x.pointer, base, bytes.count) }
        }
    }

    package func read<Value: Element>(_ x: Cells<Value>) throws(ComputeError) -> [Value] {
        Array(UnsafeBufferPointer(start: x.pointer, count: x.count))
    }

    package func multiply(_ product: MatrixProduct) throws(ComputeError) {
        func cells(_ address: UInt64) -> UnsafeMutablePointer<Float> {
            UnsafeMutablePointer(bitPattern: UInt(address))!
        }
        let (a, b, c) = (cells(product.a), cells(product.b), cells(product.c))
        let (turnsA, turnsB): (Int32, Int32) = (product.transposeA ? 1 : 0, product.transposeB ? 1 : 0)
        if product.batch == 1 {
            steward_sgemm(
                turnsA, turnsB, product.m, product.n, product.k, product.alpha, a, product.strideA, b, product.strideB,
                product.beta, c, product.strideC)
        } else {
            steward_sgemm_batch(
                product.batch, turnsA, turnsB, product.m, product.n, product.k, product.alpha, a, product.strideA,
                product.batchStrideA, b, product.strideB, product.batchStrideB, product.beta, c, product.strideC,
                product.batchStrideC)
        }
    }

    package func combine(
        _ how: Combination, _ a: Cells<Float>, _ b: Cells<Float>, _ out: Cells<Float>
    ) throws(ComputeError) {
        steward_tensor_combine(how.rawValue, a.pointer, b.pointer, out.pointer, out.count)
    }

    package func scale(
        _ x: Cells<Float>, by factor: Float, _ y: Cells<Float>, accumulate: Bool
    ) throws(ComputeError) {
        steward_tensor_scale(x.pointer, factor, y.pointer, x.count, accumulate ? 1 : 0)
    }

    package func scale(_ x: Cells<Float>, byCell factor: Cells<Float>, _ y: Cells<Float>) throws(ComputeError) {
        steward_tensor_scale_by(x.pointer, factor.pointer, y.pointer, x.count)
    }

    package func activate(_ kind: Activation, _ x: Cells<Float>, _ y: Cells<Float>) throws(ComputeError) {
        steward_tensor_activate(kind.rawValue, x.pointer, y.pointer, x.count)
    }

    package func activateBackward(
        _ kind: Activation, _ x: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>
    ) throws(ComputeError) {
        steward_tensor_activate_backward(kind.rawValue, x.pointer, dy.pointer, dx.pointer, x.count)
    }

    package func addRow(_ x: Cells<Float>, _ row: Cells<Float>, _ out: Cells<Float>) throws(ComputeError) {
        steward_tensor_add_row(x.pointer, row.pointer, out.pointer, x.count / row.count, row.count)
    }

    package func sumRows(_ x: Cells<Float>, _ out: Cells<Float>, accumulate: Bool) throws(ComputeError) {
        steward_tensor_sum_rows(x.pointer, out.pointer, x.count / out.count, out.count, accumulate ? 1 : 0)
    }

    package func dropout(
        _ x: Cells<Float>, _ y: Cells<Float>, probability: Float, site: UInt32, key: Cells<UInt32>
    ) throws(ComputeError) {
        steward_tensor_dropout(x.pointer, y.pointer, x.count, probability, site, key.pointer)
    }

    package func sum(_ x: Cells<Float>, factor: Float, _ out: Cells<Float>) throws(ComputeError) {
        steward_tensor_sum(x.pointer, x.count, factor, out.pointer)
    }

    package func sumOfSquares(_ x: Cells<Float>, _ out: Cells<Float>) throws(ComputeError) {
        steward_tensor_sum_squares(x.pointer, x.count, out.pointer)
    }

    package func clip(_ sumOfSquares: Cells<Float>, limit: Float, _ clip: Cells<Float>) throws(ComputeError) {
        let norm = sumOfSquares.pointer[0].squareRoot()
        clip.pointer[0] = limit > 0 ? min(1, limit / (norm + 1e-6)) : 1
    }

    package func update(
        _ rule: UpdateRule, _ parameters: Cells<Float>, _ gradient: Cells<Float>, first: Cells<Float>,
        second: Cells<Float>, rates: Cells<Float>, clip: Cells<Float>
    ) throws(ComputeError) {
        switch rule {
        case .sgd(let momentum, let decay):
            steward_tensor_sgd(
                parameters.pointer, gradient.pointer, first.pointer, parameters.count, rates.pointer, clip.pointer,
                momentum, decay)
        case .adamw(let beta1, let beta2, let epsilon, let decay):
            steward_tensor_adamw(
                parameters.pointer, gradient.pointer, first.pointer, second.pointer, parameters.count, rates.pointer,
                clip.pointer, beta1, beta2, epsilon, decay)
        }
    }

    package func permute(
        _ x: Cells<Float>, _ out: Cells<Float>, dimensions: [Int], axes: [Int]
    ) throws(ComputeError) {
        steward_tensor_permute(x.pointer, out.pointer, dimensions, axes.map(Int32.init))
    }

    package func copyRows(
        _ x: Cells<Float>, pitch: Int, to y: Cells<Float>, pitch toPitch: Int, _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        steward_tensor_copy_rows(
            x.pointer, pitch, y.pointer, toPitch, extent.rows, extent.columns, accumulate ? 1 : 0)
    }
}
