import CCompute
import StewardCompute

extension CPUKernels {
    package func softmax(_ x: Cells<Float>, _ y: Cells<Float>, _ extent: Extent) throws(ComputeError) {
        steward_tensor_softmax(x.pointer, y.pointer, extent.rows, extent.columns)
    }

    package func softmaxBackward(
        _ y: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>, _ extent: Extent
    ) throws(ComputeError) {
        steward_tensor_softmax_backward(y.pointer, dy.pointer, dx.pointer, extent.rows, extent.columns)
    }

    package func layerNorm(
        _ x: Cells<Float>, weight: Cells<Float>, bias: Cells<Float>, _ y: Cells<Float>, moments: Cells<Float>,
        epsilon: Float, _ extent: Extent
    ) throws(ComputeError) {
        steward_tensor_layer_norm(
            x.pointer, weight.pointer, bias.pointer, y.pointer, moments.pointer, moments.pointer + extent.rows,
            extent.rows, extent.columns, epsilon)
    }

    package func layerNormBackward(
        _ x: Cells<Float>, weight: Cells<Float>, moments: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>,
        _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        steward_tensor_layer_norm_backward(
            x.pointer, weight.pointer, moments.pointer, moments.pointer + extent.rows, dy.pointer, dx.pointer,
            extent.rows, extent.columns, accumulate ? 1 : 0)
    }

    package func layerNormParameters(
        _ x: Cells<Float>, moments: Cells<Float>, _ dy: Cells<Float>, dweight: Cells<Float>, dbias: Cells<Float>,
        _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        steward_tensor_layer_norm_parameters(
            x.pointer, moments.pointer, moments.pointer + extent.rows, dy.pointer, dweight.pointer, dbias.pointer,
            extent.rows, extent.columns, accumulate ? 1 : 0)
    }

    package func crossEntropy(
        _ logits: Cells<Float>, _ targets: Cells<Int32>, losses: Cells<Float>, gradient: Cells<Float>, _ extent: Extent
    ) throws(ComputeError) {
        steward_tensor_cross_entropy(
            logits.pointer, targets.pointer, losses.pointer, gradient.pointer, extent.rows, extent.columns)
    }

    package func embed(
        _ table: Cells<Float>, _ indices: Cells<Int32>, _ out: Cells<Float>, columns: Int
    ) throws(ComputeError) {
        steward_tensor_embed(table.pointer, indices.pointer, out.pointer, indices.count, columns)
    }

    package func embedBackward(
        _ dy: Cells<Float>, _ indices: Cells<Int32>, _ dtable: Cells<Float>, columns: Int, accumulate: Bool
    ) throws(ComputeError) {
        steward_tensor_embed_backward(
            dy.pointer, indices.pointer, dtable.pointer, indices.count, columns, dtable.count / columns,
            accumulate ? 1 : 0)
    }

    package func attentionWorkspace(_ shape: AttentionShape) -> Int { 0 }

    package func attend(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ out: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        var c = shape.c
        steward_tensor_attend(&c, qkv.pointer, weights.pointer, out.pointer)
    }

    package func attendBackward(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ dout: Cells<Float>,
        _ dqkv: Cells<Float>, workspace: Cells<Float>
    ) throws(ComputeError) {
        var c = shape.c
        steward_tensor_attend_backward(&c, qkv.pointer, weights.pointer, dout.pointer, dqkv.pointer)
    }
}

extension AttentionShape {
    fileprivate var c: steward_attention {
        steward_attention(
            batch: Int32(batch), length: Int32(length), heads: Int32(heads), width: Int32(width),
            causal: isCausal ? 1 : 0)
    }
}
