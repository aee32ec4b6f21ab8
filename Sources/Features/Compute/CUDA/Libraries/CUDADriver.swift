/// The functions of `libcuda.so.1` that are used, under the names that the library exports them by
/// (CUDA Driver API; cuda.h maps `cuMemAlloc` to `cuMemAlloc_v2` and so on).
package struct CUDADriver: @unchecked Sendable {
    package typealias Status = Int32
    package typealias Handle = OpaquePointer
    package typealias Address = UInt64

    typealias Create = @convention(c) (UnsafeMutablePointer<Handle?>, UInt32) -> Status
    typealias Use = @convention(c) (Handle?) -> Status
    typealias Text = @convention(c) (Status, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Status
    typealias Number = @convention(c) (UnsafeMutablePointer<Int32>) -> Status
    typealias Identity = @convention(c) (UnsafeMutableRawPointer, Int32) -> Status

    let initialize: @convention(c) (UInt32) -> Status
    let driverVersion: Number
    let errorName: Text
    let errorText: Text

    let deviceCount: Number
    let device: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Status
    let deviceName: @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Status
    let deviceAttribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Status
    let deviceMemory: @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Status
    let deviceIdentity: Identity

    let retainContext: @convention(c) (UnsafeMutablePointer<Handle?>, Int32) -> Status
    let releaseContext: @convention(c) (Int32) -> Status
    let setContext: Use
    let synchronizeContext: @convention(c) () -> Status

    let allocate: @convention(c) (UnsafeMutablePointer<Address>, Int) -> Status
    let free: @convention(c) (Address) -> Status
    let allocateHost: @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int, UInt32) -> Status
    let freeHost: @convention(c) (UnsafeMutableRawPointer?) -> Status
    let memory: @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> Status

    let copyToDevice: @convention(c) (Address, UnsafeRawPointer?, Int, Handle?) -> Status
    let copyToHost: @convention(c) (UnsafeMutableRawPointer?, Address, Int, Handle?) -> Status
    let copyOnDevice: @convention(c) (Address, Address, Int, Handle?) -> Status
    let fill: @convention(c) (Address, UInt8, Int, Handle?) -> Status

    let createStream: Create
    let destroyStream: Use
    let synchronizeStream: Use
    let waitForEvent: @convention(c) (Handle?, Handle?, UInt32) -> Status
    let createEvent: Create
    let destroyEvent: Use
    let recordEvent: @convention(c) (Handle?, Handle?) -> Status
    let queryEvent: Use
    let synchronizeEvent: Use
    let elapsedTime: @convention(c) (UnsafeMutablePointer<Float>, Handle?, Handle?) -> Status

    let loadModule: @convention(c) (UnsafeMutablePointer<Handle?>, UnsafeRawPointer) -> Status
    let unloadModule: Use
    let function: @convention(c) (UnsafeMutablePointer<Handle?>, Handle?, UnsafePointer<CChar>) -> Status
    let functionAttribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Handle?) -> Status
    let setFunctionAttribute: @convention(c) (Handle?, Int32, Int32) -> Status
    typealias Launch =
        @convention(c) (
            Handle?, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Handle?,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> Status
    let launch: Launch

    let beginCapture: @convention(c) (Handle?, Int32) -> Status
    let endCapture: @convention(c) (Handle?, UnsafeMutablePointer<Handle?>) -> Status
    let instantiateGraph: @convention(c) (UnsafeMutablePointer<Handle?>, Handle?, UInt64) -> Status
    let launchGraph: @convention(c) (Handle?, Handle?) -> Status
    let destroyGraph: Use
    let destroyExecutableGraph: Use

    /// - Throws: ``DeviceAbsence/Reason/tooOld`` that names the function a driver lacks.
    package init(_ library: SharedLibrary) throws(DeviceAbsence) {
        let symbols = SymbolReader(library, wayOut: "install an NVIDIA driver of version 525 (CUDA 12.0) or newer.")
        initialize = try symbols.need("cuInit")
        driverVersion = try symbols.need("cuDriverGetVersion")
        errorName = try symbols.need("cuGetErrorName")
        errorText = try symbols.need("cuGetErrorString")
        deviceCount = try symbols.need("cuDeviceGetCount")
        device = try symbols.need("cuDeviceGet")
        deviceName = try symbols.need("cuDeviceGetName")
        deviceAttribute = try symbols.need("cuDeviceGetAttribute")
        deviceMemory = try symbols.need("cuDeviceTotalMem_v2")
        deviceIdentity = try symbols.need("cuDeviceGetUuid_v2")
        retainContext = try symbols.need("cuDevicePrimaryCtxRetain")
        releaseContext = try symbols.need("cuDevicePrimaryCtxRelease_v2")
        setContext = try symbols.need("cuCtxSetCurrent")
        synchronizeContext = try symbols.need("cuCtxSynchronize")
        allocate = try symbols.need("cuMemAlloc_v2")
        free = try symbols.need("cuMemFree_v2")
        allocateHost = try symbols.need("cuMemHostAlloc")
        freeHost = try symbols.need("cuMemFreeHost")
        memory = try symbols.need("cuMemGetInfo_v2")
        copyToDevice = try symbols.need("cuMemcpyHtoDAsync_v2")
        copyToHost = try symbols.need("cuMemcpyDtoHAsync_v2")
        copyOnDevice = try symbols.need("cuMemcpyDtoDAsync_v2")
        fill = try symbols.need("cuMemsetD8Async")
        createStream = try symbols.need("cuStreamCreate")
        destroyStream = try symbols.need("cuStreamDestroy_v2")
        synchronizeStream = try symbols.need("cuStreamSynchronize")
        waitForEvent = try symbols.need("cuStreamWaitEvent")
        createEvent = try symbols.need("cuEventCreate")
        destroyEvent = try symbols.need("cuEventDestroy_v2")
        recordEvent = try symbols.need("cuEventRecord")
        queryEvent = try symbols.need("cuEventQuery")
        synchronizeEvent = try symbols.need("cuEventSynchronize")
        elapsedTime = try symbols.need("cuEventElapsedTime")
        loadModule = try symbols.need("cuModuleLoadData")
        unloadModule = try symbols.need("cuModuleUnload")
        function = try symbols.need("cuModuleGetFunction")
        functionAttribute = try symbols.need("cuFuncGetAttribute")
        setFunctionAttribute = try symbols.need("cuFuncSetAttribute")
        launch = try symbols.need("cuLaunchKernel")
        beginCapture = try symbols.need("cuStreamBeginCapture_v2")
        endCapture = try symbols.need("cuStreamEndCapture")
        instantiateGraph = try symbols.need("cuGraphInstantiateWithFlags")
        launchGraph = try symbols.need("cuGraphLaunch")
        destroyGraph = try symbols.need("cuGraphDestroy")
        destroyExecutableGraph = try symbols.need("cuGraphExecDestroy")
    }

    /// The driver's own name for a code: also for codes that came after this program.
    func name(of status: Status) -> String? {
        var text: UnsafePointer<CChar>?
        return errorName(status, &text) == 0 ? text.map { String(cString: $0) } : nil
    }

    /// The driver's own words for a code.
    func text(of status: Status) -> String? {
        var text: UnsafePointer<CChar>?
        return errorText(status, &text) == 0 ? text.map { String(cString: $0) } : nil
    }
}
