import StewardCompute

extension Tape {
    /// Convolution of images [batch, channels, height, width] with weight [outChannels, channels, kernel, kernel].
    public func conv2D(
        _ x: Tensor, weight: Tensor, bias: Tensor?, stride: Int = 1, padding: Int = 0
    ) throws(ComputeError) -> Tensor {
        let shape = try convolutionShape(x, weight, stride, padding)
        try require(
            bias == nil || bias?.shape == [shape.outChannels], "The bias must be [\(shape.outChannels)].")
        let needs = x.needsGradient || weight.needsGradient || bias?.needsGradient == true
        let out = try make(
            [shape.batch, shape.outChannels, shape.outHeight, shape.outWidth], needsGradient: needs)
        let (images, kernel, shift, to) = (x.cells, weight.cells, bias?.cells, out.cells)
        let workspace = device.kernels.convolutionWorkspace(shape)
        try withScratch(workspace) { (scratch) throws(ComputeError) in
            try emit { (kernels) throws(ComputeError) in
                try kernels.convolve(shape, images, weight: kernel, bias: shift, to, workspace: scratch)
            }
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try withScratch(workspace) { (scratch) throws(ComputeError) in
                try convolutionParameters(shape, x, dy, weight, bias, scratch)
                try produce(for: x) { (cells) throws(ComputeError) in
                    try emit { (kernels) throws(ComputeError) in
                        try kernels.convolveBackwardInput(shape, dy, weight: kernel, cells, workspace: scratch)
                    }
                }
            }
        }
        return out
    }

    private func convolutionShape(
        _ x: Tensor, _ weight: Tensor, _ stride: Int, _ padding: Int
    ) throws(ComputeError) -> ConvolutionShape {
        let (image, kernel) = (x.shape.dimensions, weight.shape.dimensions)
        try require(
            image.count == 4 && kernel.count == 4 && image[1] == kernel[1] && kernel[2] == kernel[3]
                && stride >= 1 && padding >= 0 && image[2] + 2 * padding >= kernel[2]
                && image[3] + 2 * padding >= kernel[2],
            "A convolution of \(x.shape) with \(weight.shape), stride \(stride), padding \(padding): images are "
                + "[batch, channels, height, width], weights [out, channels, kernel, kernel] and not larger.")
        return ConvolutionShape(
            batch: image[0], channels: image[1], height: image[2], width: image[3], outChannels: kernel[0],
            kernel: kernel[2], stride: stride, padding: padding)
    }

    private func convolutionParameters(
        _ shape: ConvolutionShape, _ x: Tensor, _ dy: Cells<Float>, _ weight: Tensor, _ bias: Tensor?,
        _ scratch: Cells<Float>
    ) throws(ComputeError) {
        let images = x.cells
        func write(_ dweight: Cells<Float>, _ dbias: Cells<Float>?, _ accumulates: Bool) throws(ComputeError) {
            try emit { (kernels) throws(ComputeError) in
                try kernels.convolveBackwardWeight(
                    shape, images, dy, dweight: dweight, dbias: dbias, workspace: scratch, accumulate: accumulates)
            }
        }
        try target(for: weight) { (dweight, accumulates) throws(ComputeError) in
            guard let bias else { return try write(dweight, nil, accumulates) }
            try target(for: bias) { (dbias, alsoAccumulates) throws(ComputeError) in
                try require(
                    alsoAccumulates == accumulates, "A convolution's weight and bias must be used equally often.")
                try write(dweight, dbias, accumulates)
            }
        }
    }

    /// The largest cell of each window of kernel x kernel cells, without padding.
    public func maxPool2D(_ x: Tensor, kernel: Int, stride: Int? = nil) throws(ComputeError) -> Tensor {
        let (size, step) = (x.shape.dimensions, stride ?? kernel)
        try require(
            size.count == 4 && kernel >= 1 && step >= 1 && size[2] >= kernel && size[3] >= kernel,
            "Windows of \(kernel) cells, stride \(step), don't fit \(x.shape): it is [batch, channels, height, width].")
        let shape = PoolingShape(
            planes: size[0] * size[1], height: size[2], width: size[3], kernel: kernel, stride: step)
        let out = try make([size[0], size[1], shape.outHeight, shape.outWidth], needsGradient: x.needsGradient)
        let places = try keep(out.shape.count).reinterpreted(as: Int32.self)
        let (from, to) = (x.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.maxPool(shape, from, to, places: places) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: x) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.maxPoolBackward(shape, dy, places: places, cells)
                }
            }
        }
        return out
    }
}
