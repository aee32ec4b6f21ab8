import Synchronization

/// Matrix products on one stream through cuBLAS: a handle and a workspace of its own, so that products can be recorded
/// into graphs and no two streams share one.
package final class CUDAProducts: Sendable {
    private let libraries: CUDALibraries
    private let pool: CUDAMemoryPool
    private let session = Mutex<Session?>(nil)

    private struct Session {
        let cublas: CUBLAS
        nonisolated(unsafe) let handle: CUBLAS.Handle
        let workspace: CUDAMemory
    }

    /// What PyTorch gives cuBLAS on Hopper, where less makes products slower.
    private static let workspaceBytes = 32 << 20

    init(libraries: CUDALibraries, pool: CUDAMemoryPool) {
        self.libraries = libraries
        self.pool = pool
    }

    deinit {
        guard let session = session.withLock({ $0 }) else { return }
        pool.context.dispose { _ in session.cublas.destroy(session.handle) }
    }

    /// Queues the product on the stream.
    /// - Throws: ``ComputeError/Code/unsupported`` where cuBLAS isn't there, with what to install.
    func multiply(_ product: MatrixProduct, on work: CUDAStreamWork) throws(ComputeError) {
        let sizes = [product.m, product.n, product.k, product.strideA, product.strideB, product.strideC, product.batch]
        guard sizes.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }) else {
            throw ComputeError(
                .unsupported,
                "A product of \(product.m)x\(product.k) and \(product.k)x\(product.n): "
                    + "cuBLAS takes sizes up to \(Int32.max); split it.")
        }
        guard product.m > 0, product.n > 0, product.batch > 0 else { return }
        let context = pool.context
        let stream = try work.handle()
        try context.enter()
        try session.withLock { (session) throws(ComputeError) in
            if session == nil { session = try begin(stream) }
            guard let open = session else { return }
            let (name, status) = Self.call(open.cublas, open.handle, product)
            guard status == 0 else { throw CUBLAS.failure(name, status, on: context.id) }
            work.keep([open.workspace])
        }
    }

    private func begin(_ stream: CUDADriver.Handle) throws(ComputeError) -> Session {
        let cublas: CUBLAS
        do throws(DeviceAbsence) { cublas = try libraries.products() } catch {
            throw ComputeError(.unsupported, "Matrix products on \(pool.context.id) need cuBLAS. \(error.sentence)")
        }
        let workspace = try CUDAMemory(byteCount: Self.workspaceBytes, from: pool)
        try pool.context.enter()
        var handle: CUBLAS.Handle?
        try check("cublasCreate_v2", cublas.create(&handle))
        do throws(ComputeError) {
            // Setting the stream takes the workspace away, so it comes first.
            try check("cublasSetStream_v2", cublas.setStream(handle, stream))
            let pointer = UnsafeMutableRawPointer(bitPattern: UInt(workspace.address))
            try check("cublasSetWorkspace_v2", cublas.setWorkspace(handle, pointer, Self.workspaceBytes))
        } catch {
            _ = cublas.destroy(handle)
            throw error
        }
        return Session(cublas: cublas, handle: handle!, workspace: workspace)
    }

    private func check(_ call: String, _ status: CUBLAS.Status) throws(ComputeError) {
        guard status == 0 else { throw CUBLAS.failure(call, status, on: pool.context.id) }
    }

    /// cuBLAS is column-major: a row-major C = A B is its C' = B' A', so the operands change places. A single product
    /// is not asked for as a batch of one: cuBLAS chooses its kernels by the function that is called.
    private static func call(
        _ cublas: CUBLAS, _ handle: CUBLAS.Handle, _ product: MatrixProduct
    ) -> (name: String, status: CUBLAS.Status) {
        let (cells, compute) = types(product.precision)
        let results = product.narrowsResult ? cells : cudaR32F
        func pointer(_ address: UInt64) -> UnsafeMutableRawPointer? { .init(bitPattern: UInt(address)) }
        let (left, right, target) = (pointer(product.b), pointer(product.a), pointer(product.c))
        let (turnLeft, turnRight): (Int32, Int32) = (product.transposeB ? 1 : 0, product.transposeA ? 1 : 0)
        let (m, n, k) = (Int32(product.n), Int32(product.m), Int32(product.k))
        let (pitchLeft, pitchRight) = (Int32(max(1, product.strideB)), Int32(max(1, product.strideA)))
        var (alpha, beta) = (product.alpha, product.beta)
        guard product.batch > 1 else {
            let status = cublas.multiplyOne(
                handle, turnLeft, turnRight, m, n, k, &alpha, left, cells, pitchLeft, right, cells, pitchRight, &beta,
                target, results, Int32(product.strideC), compute, gemmDefault)
            return ("cublasGemmEx", status)
        }
        let status = cublas.multiply(
            handle, turnLeft, turnRight, m, n, k, &alpha, left, cells, pitchLeft, Int64(product.batchStrideB), right,
            cells, pitchRight, Int64(product.batchStrideA), &beta, target, results, Int32(product.strideC),
            Int64(product.batchStrideC), Int32(product.batch), compute, gemmDefault)
        return ("cublasGemmStridedBatchedEx", status)
    }

    /// `CUDA_R_32F`, `CUBLAS_GEMM_DEFAULT`.
    private static let (cudaR32F, gemmDefault): (Int32, Int32) = (0, -1)

    /// The cells' `cudaDataType` and the sum's `cublasComputeType_t`.
    private static func types(_ precision: MatrixProduct.Precision) -> (cells: Int32, compute: Int32) {
        switch precision {
        case .fp32: (cudaR32F, 68)  // CUBLAS_COMPUTE_32F
        case .tf32: (cudaR32F, 77)  // CUBLAS_COMPUTE_32F_FAST_TF32
        case .bf16: (14, 68)  // CUDA_R_16BF
        case .fp16: (2, 68)  // CUDA_R_16F
        }
    }
}
