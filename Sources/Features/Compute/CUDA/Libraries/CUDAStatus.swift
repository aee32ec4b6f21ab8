/// One of the driver's codes (`CUresult`), with what to do about it.
package struct CUDAStatus: Sendable {
    package static let outOfMemory: Int32 = 2
    package static let stubLibrary: Int32 = 34
    package static let noDevice: Int32 = 100
    package static let notReady: Int32 = 600

    package let code: Int32
    package let name: String
    /// What to do, as the end of a sentence.
    package let advice: String
    /// What kind of failure it is.
    package let kind: ComputeError.Code
    /// Whether the context is unusable from now on.
    package let isFinal: Bool

    /// - Parameter driver: asked for the name of a code that the table lacks.
    package init(_ code: Int32, driver: CUDADriver? = nil) {
        self.code = code
        guard let row = Self.table[code] else {
            name = driver?.name(of: code) ?? "an unknown code"
            let words = driver?.text(of: code).map { "the driver says '\($0)'; " } ?? ""
            (kind, advice, isFinal) = (.driver, words + "look it up in the CUDA Driver API under CUresult.", false)
            return
        }
        (name, kind, advice, isFinal) = ("CUDA_ERROR_" + row.name, row.kind, row.advice, row.isFinal)
    }

    /// `CUDA_ERROR_ILLEGAL_ADDRESS (700)`.
    package var title: String { "\(name) (\(code))" }

    private struct Row {
        var name: String
        var kind: ComputeError.Code
        var advice: String
        var isFinal = false
    }

    private static let startAgain = "the context is dead: start this program again"
    private static let check = "run the kernel with 'steward compute check', which names file and line; \(startAgain)."
    private static let card = "look at the kernel log (dmesg | grep Xid) and at nvidia-smi; \(startAgain)."
    private static let unload = "reinstall the driver so that its kernel module and libraries match, then reboot."
    private static let bug = "this is a fault of steward: report it with this line."

    private static let table: [Int32: Row] = startup.merging(code) { first, _ in first }
        .merging(execution) { first, _ in first }

    /// Codes about the machine and its devices.
    private static let startup: [Int32: Row] = [
        2: Row(name: "OUT_OF_MEMORY", kind: .outOfMemory, advice: "free buffers or take smaller ones."),
        3: Row(name: "NOT_INITIALIZED", kind: .deviceUnavailable, advice: bug),
        4: Row(name: "DEINITIALIZED", kind: .deviceUnavailable, advice: "the program is ending; start no work then."),
        34: Row(
            name: "STUB_LIBRARY", kind: .deviceUnavailable,
            advice: "take the toolkit's stubs folder out of LD_LIBRARY_PATH and install the NVIDIA driver."),
        46: Row(
            name: "DEVICE_UNAVAILABLE", kind: .deviceUnavailable,
            advice: "another process holds it exclusively (nvidia-smi shows which), or it has fallen off the bus."),
        100: Row(
            name: "NO_DEVICE", kind: .deviceUnavailable,
            advice: "no GPU is visible: look at CUDA_VISIBLE_DEVICES, /dev/nvidia* and nvidia-smi."),
        101: Row(
            name: "INVALID_DEVICE", kind: .deviceUnavailable, advice: "'steward compute devices' lists those there are."
        ),
        102: Row(name: "DEVICE_NOT_LICENSED", kind: .deviceUnavailable, advice: "the vGPU has no licence: get it one."),
        214: Row(name: "ECC_UNCORRECTABLE", kind: .deviceUnavailable, advice: card, isFinal: true),
        220: Row(name: "NVLINK_UNCORRECTABLE", kind: .deviceUnavailable, advice: card, isFinal: true),
        226: Row(name: "CONTAINED", kind: .deviceUnavailable, advice: card, isFinal: true),
        304: Row(
            name: "OPERATING_SYSTEM", kind: .driver,
            advice: "a system call failed: look at ulimit -a, at free memory and at the kernel log."),
        800: Row(
            name: "NOT_PERMITTED", kind: .deviceUnavailable,
            advice: "this user may not: look at the rights of /dev/nvidia*."),
        801: Row(name: "NOT_SUPPORTED", kind: .unsupported, advice: "this device or driver can't do that."),
        802: Row(
            name: "SYSTEM_NOT_READY", kind: .deviceUnavailable,
            advice: "start nvidia-fabricmanager (machines with NVSwitch) and wait until it is up."),
        803: Row(name: "SYSTEM_DRIVER_MISMATCH", kind: .deviceUnavailable, advice: unload),
        804: Row(
            name: "COMPAT_NOT_SUPPORTED_ON_DEVICE", kind: .deviceUnavailable,
            advice: "take cuda-compat out of LD_LIBRARY_PATH: this card needs the driver's own libcuda."),
        805: Row(
            name: "MPS_CONNECTION_FAILED", kind: .deviceUnavailable,
            advice: "start nvidia-cuda-mps-control, or unset CUDA_MPS_PIPE_DIRECTORY."),
        999: Row(name: "UNKNOWN", kind: .deviceUnavailable, advice: card, isFinal: true),
    ]

    /// Codes about kernels' code and handles.
    private static let code: [Int32: Row] = [
        1: Row(name: "INVALID_VALUE", kind: .driver, advice: bug),
        200: Row(
            name: "INVALID_IMAGE", kind: .driver,
            advice: "the compiled kernel is damaged or newer than the driver: empty the cache, update the driver."),
        201: Row(name: "INVALID_CONTEXT", kind: .driver, advice: bug),
        209: Row(
            name: "NO_BINARY_FOR_GPU", kind: .driver,
            advice: "the kernel was compiled for another GPU: empty the cache of compiled kernels."),
        218: Row(name: "INVALID_PTX", kind: .driver, advice: "take an NVRTC of the driver's own CUDA version."),
        221: Row(
            name: "JIT_COMPILER_NOT_FOUND", kind: .driver,
            advice: "the driver's libnvidia-ptxjitcompiler is missing: reinstall the driver."),
        222: Row(
            name: "UNSUPPORTED_PTX_VERSION", kind: .driver,
            advice: "NVRTC is newer than the driver: update the driver or take an older NVRTC."),
        300: Row(name: "INVALID_SOURCE", kind: .driver, advice: "the driver can't translate the kernel: update it."),
        302: Row(name: "SHARED_OBJECT_SYMBOL_NOT_FOUND", kind: .driver, advice: "reinstall the driver."),
        400: Row(name: "INVALID_HANDLE", kind: .driver, advice: bug),
        500: Row(name: "NOT_FOUND", kind: .noKernel, advice: "the compiled code has no such kernel: empty the cache."),
        600: Row(name: "NOT_READY", kind: .driver, advice: "wait until the work is done, then ask again."),
        900: Row(
            name: "STREAM_CAPTURE_UNSUPPORTED", kind: .unsupported,
            advice: "a graph holds launches, copies and products only: take this call out of the recording."),
        901: Row(
            name: "STREAM_CAPTURE_INVALIDATED", kind: .unsupported,
            advice: "something that can't be recorded was called: record launches, copies and products only."),
        904: Row(
            name: "STREAM_CAPTURE_UNJOINED", kind: .unsupported, advice: "record from one stream only."),
        906: Row(name: "STREAM_CAPTURE_IMPLICIT", kind: .unsupported, advice: "record from one stream only."),
    ]

    /// Codes about a kernel's run.
    private static let execution: [Int32: Row] = [
        700: Row(name: "ILLEGAL_ADDRESS", kind: .kernelFault, advice: check, isFinal: true),
        701: Row(
            name: "LAUNCH_OUT_OF_RESOURCES", kind: .launchShape,
            advice: "the block needs more registers or shared memory than there are: take a smaller block."),
        702: Row(
            name: "LAUNCH_TIMEOUT", kind: .deadline,
            advice: "a display's watchdog ended the kernel: make each launch shorter; \(startAgain).", isFinal: true),
        709: Row(name: "CONTEXT_IS_DESTROYED", kind: .deviceUnavailable, advice: "\(startAgain).", isFinal: true),
        710: Row(
            name: "ASSERT", kind: .kernelFault,
            advice: "an assert in the kernel failed (see standard output); \(startAgain).",
            isFinal: true),
        714: Row(name: "HARDWARE_STACK_ERROR", kind: .kernelFault, advice: check, isFinal: true),
        715: Row(name: "ILLEGAL_INSTRUCTION", kind: .kernelFault, advice: check, isFinal: true),
        716: Row(name: "MISALIGNED_ADDRESS", kind: .kernelFault, advice: check, isFinal: true),
        717: Row(name: "INVALID_ADDRESS_SPACE", kind: .kernelFault, advice: check, isFinal: true),
        718: Row(name: "INVALID_PC", kind: .kernelFault, advice: check, isFinal: true),
        719: Row(name: "LAUNCH_FAILED", kind: .kernelFault, advice: check, isFinal: true),
        720: Row(
            name: "COOPERATIVE_LAUNCH_TOO_LARGE", kind: .launchShape, advice: "take fewer blocks."),
    ]
}
