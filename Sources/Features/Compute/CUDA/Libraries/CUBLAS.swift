/// The functions of `libcublas.so` that are used (cuBLAS API, "cublasGemmEx" and "cublasGemmStridedBatchedEx").
package struct CUBLAS: @unchecked Sendable {
    package typealias Status = Int32
    typealias Handle = OpaquePointer

    let create: @convention(c) (UnsafeMutablePointer<Handle?>) -> Status
    let destroy: @convention(c) (Handle?) -> Status
    let setStream: @convention(c) (Handle?, CUDADriver.Handle?) -> Status
    let setWorkspace: @convention(c) (Handle?, UnsafeMutableRawPointer?, Int) -> Status
    typealias MultiplyOne =
        @convention(c) (
            Handle?, Int32, Int32, Int32, Int32, Int32, UnsafeRawPointer?, UnsafeRawPointer?, Int32, Int32,
            UnsafeRawPointer?, Int32, Int32, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int32, Int32, Int32, Int32
        ) -> Status
    let multiplyOne: MultiplyOne
    typealias Multiply =
        @convention(c) (
            Handle?, Int32, Int32, Int32, Int32, Int32, UnsafeRawPointer?, UnsafeRawPointer?, Int32, Int32, Int64,
            UnsafeRawPointer?, Int32, Int32, Int64, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int32, Int32, Int64,
            Int32, Int32, Int32
        ) -> Status
    let multiply: Multiply
    /// 120803 for 12.8.3.
    package let version: Int

    /// - Throws: ``DeviceAbsence/Reason/tooOld`` that names the function that the library lacks.
    package init(_ library: SharedLibrary) throws(DeviceAbsence) {
        let symbols = SymbolReader(library, wayOut: "install cuBLAS 12 ('pip install nvidia-cublas-cu12').")
        create = try symbols.need("cublasCreate_v2")
        destroy = try symbols.need("cublasDestroy_v2")
        setStream = try symbols.need("cublasSetStream_v2")
        setWorkspace = try symbols.need("cublasSetWorkspace_v2")
        multiplyOne = try symbols.need("cublasGemmEx")
        multiply = try symbols.need("cublasGemmStridedBatchedEx")
        let property: @convention(c) (Int32, UnsafeMutablePointer<Int32>) -> Status =
            try symbols.need("cublasGetProperty")
        func part(_ number: Int32) -> Int {
            var value: Int32 = 0
            return property(number, &value) == 0 ? Int(value) : 0
        }
        version = part(0) * 10_000 + part(1) * 100 + part(2)
    }

    /// The failure of a call: its name, the status's name, and what to do.
    static func failure(_ call: String, _ status: Status, on device: String) -> ComputeError {
        let (name, code, advice): (String, ComputeError.Code, String) =
            switch status {
            case 1: ("NOT_INITIALIZED", .deviceUnavailable, "cuBLAS fits neither the driver nor the GPU: see its log.")
            case 3: ("ALLOC_FAILED", .outOfMemory, "free buffers: cuBLAS needs memory of its own.")
            case 7: ("INVALID_VALUE", .driver, "the sizes or strides of the product don't fit together.")
            case 8: ("ARCH_MISMATCH", .unsupported, "this GPU can't multiply in that precision: take fp32.")
            case 11: ("MAPPING_ERROR", .driver, "the GPU's memory could not be read: look at the kernel log.")
            case 13: ("EXECUTION_FAILED", .kernelFault, "an earlier kernel or the GPU has failed: start again.")
            case 14: ("INTERNAL_ERROR", .driver, "an earlier kernel has failed, or cuBLAS does not fit the driver.")
            case 15: ("NOT_SUPPORTED", .unsupported, "cuBLAS has no such product: take fp32.")
            case 16: ("LICENSE_ERROR", .driver, "cuBLAS refuses this machine's licence.")
            default: ("an unknown status", .driver, "look it up in the cuBLAS API under cublasStatus_t.")
            }
        let title = name.hasPrefix("an ") ? name : "CUBLAS_STATUS_" + name
        return ComputeError(code, "\(call) failed on \(device) with \(title) (\(status)): \(advice)")
    }
}
